// The door for people: `npm start`, `npm test`, `npm run demo`. Installs what is missing, then hands over to the right Node.
// It runs on any Node from 18 on, so it is plain JavaScript and uses nothing but Node itself.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What each word runs, from the repository's root. */
const programs = new Map([
  ["start", "apps/server/src/main.ts"],
  ["demo", "test/demo/demo.ts"],
  ["test", "test/run.ts"],
  ["bench", "test/bench/bench.ts"],
  ["soak", "test/soak/soak.ts"],
]);

const [word = "", ...rest] = process.argv.slice(2);
const program = programs.get(word);
if (program === undefined) {
  process.stderr.write(`Say one of: ${[...programs.keys()].join(", ")}.\n`);
  process.exit(2);
}
if (!isInstalled()) await install();
process.exitCode = await run(program, rest);

/** The stamp names the lockfile and the machine that node_modules was last completed for. */
function isInstalled() {
  try {
    return readFileSync(stampPath(), "utf8") === stamp();
  } catch {
    return false;
  }
}

function stampPath() {
  return join(root, "node_modules", ".ringback-installed");
}

function stamp() {
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"));
  return `${createHash("sha256").update(lockfile).digest("hex")} ${process.platform}-${process.arch}\n`;
}

/** Quiet while all is well: the package manager's words are shown only when it fails. */
async function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  process.stderr.write("Installing what Ringback needs (once, about a minute) … ");
  const startedAt = Date.now();
  const { code, output } = await runQuietly("npx", ["--yes", packageManager, "install", "--frozen-lockfile"]);
  if (code !== 0) {
    process.stderr.write(`failed.\n\n${output}\n`);
    process.exit(1);
  }
  writeFileSync(stampPath(), stamp());
  process.stderr.write(`done in ${Math.round((Date.now() - startedAt) / 1_000)} s.\n`);
}

function runQuietly(command, args) {
  return new Promise((resolve) => {
    // CI: nobody is asked anything. The prefix is the outer npm's and would lead the inner one astray.
    const env = { ...process.env, CI: "true" };
    for (const name of ["npm_config_prefix", "npm_config_local_prefix"]) delete env[name];
    const shell = process.platform === "win32";
    const child = spawn(command, args, { cwd: root, env, shell, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/** Resolves with what this process is to exit with: the program's own code, or 128 + n when signal n ended it. */
function run(file, args) {
  const extension = process.platform === "win32" ? ".exe" : "";
  const node = join(root, "node_modules", "node", "bin", `node${extension}`);
  return new Promise((resolve) => {
    // In a process group of its own, so that Ctrl-C reaches it once, from here, and not also from the terminal and npm.
    const detached = process.platform !== "win32";
    const lifeline = ["--import", new URL("lifeline.mjs", import.meta.url).href];
    const flags = word === "start" ? serverFlags() : [];
    const child = spawn(node, [...flags, ...lifeline, file, ...args], {
      cwd: root,
      env: childEnvironment(),
      stdio: "inherit",
      detached,
    });
    forwardSignals(child);
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * Flags of Node for the server. V8 would let the space of new objects grow to 128 MB, nearly all of it garbage; with 32 MB it is
 * emptied more often, which costs little, since little of it is still in use.
 */
function serverFlags() {
  return JSON.parse(readFileSync(new URL("node-flags.json", import.meta.url), "utf8"));
}

/** The programs find the tools of node_modules first; what npm tells its own scripts is not theirs. */
function childEnvironment() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  const separator = process.platform === "win32" ? ";" : ":";
  const paths = [join(root, "node_modules", ".bin"), env.PATH].join(separator);
  // What Node has compiled once is kept, for this Node only: a start takes two thirds of the CPU.
  const compiled = join(root, "node_modules", ".cache", "node-compile-cache");
  return { NODE_COMPILE_CACHE: compiled, ...env, PATH: paths };
}

/** A key press arrives several times, from the terminal and from npm; whoever asks again later means it. */
function forwardSignals(child) {
  const echoMs = 500;
  let lastAt = -Infinity;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const isEcho = Date.now() - lastAt < echoMs;
      lastAt = Date.now();
      if (!isEcho) child.kill(signal);
    });
  }
}
