// Says where a file truly lies, so that two names of one file are known to be one.
import { mkdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * The path without symbolic links of a file that may not exist yet; its folder is made with mode 0700. A link that leads
 * to no file yet is followed, too, since opening it would make that file. Throws what the file system refuses, such as
 * links in a circle.
 */
export function makeRealPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT") throw thrown;
  }
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(realpathSync(folder), basename(path));
  const target = linkTarget(file);
  return target === null ? file : makeRealPath(resolve(dirname(file), target));
}

function linkTarget(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return null;
    throw thrown;
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : null;
}
