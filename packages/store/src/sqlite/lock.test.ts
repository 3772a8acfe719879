import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openForTest, temporaryFolder } from "../testing/sqlite-ground.ts";
import { openFile } from "./open-file.ts";

/** Another process that opens the file and says what came of it. */
async function openElsewhere(path: string): Promise<{ said: string; child: ChildProcess }> {
  const program = `
    import { openFile } from ${JSON.stringify(new URL("./open-file.ts", import.meta.url).href)};
    try { globalThis.kept = openFile(process.argv[1]); console.log("open"); setInterval(() => {}, 1_000); }
    catch (error) { console.log(error.code + ": " + error.message); }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { said: said.toString().trim(), child };
}

describe("one process per file", () => {
  it("F36 a second open is refused, also in the same process, and the first goes on", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    const { store } = await openForTest(path);
    await expect(openForTest(path)).rejects.toMatchObject({ name: "CannotOpenStore", code: "in_use", path });
    expect(await store.tenants.findKey("unknownunkno")).toBeNull();
    expect(await store.tenants.ensureTenant({ id: "t", callbackSecret: "whsec_" }, 0)).toBe(true);
  });

  it("F36 a second process is refused, and told which process has the file and what to do", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    await openForTest(path);
    const { said } = await openElsewhere(path);
    expect(said).toContain("in_use");
    expect(said).toContain(path);
    expect(said).toContain(`process ${process.pid}`);
    expect(said).toMatch(/stop that one, or set RINGBACK_SQLITE_PATH/);
  });

  it.each(["before", "after"] as const)(
    "F36 a link to the file is the same file, made %s the file itself, and so is one through a linked folder",
    async (when) => {
      const folder = temporaryFolder();
      const [real, linked] = [join(folder, "real"), join(folder, "linked")];
      mkdirSync(real);
      symlinkSync(real, linked);
      const path = join(real, "ringback.db");
      const link = join(linked, "link.db");
      if (when === "before") symlinkSync("ringback.db", link);
      const opened = openFile(path);
      if (when === "after") symlinkSync("ringback.db", link);
      for (const name of [link, join(linked, "ringback.db"), join(real, "link.db")]) {
        expect(() => openFile(name)).toThrow(expect.objectContaining({ code: "in_use", path }));
      }
      const { said } = await openElsewhere(link);
      expect(said).toContain("in_use");
      opened.close();
      expect(readlinkSync(link)).toBe("ringback.db");
    },
  );

  it("F36 a link to a file that does not exist yet locks the file that it makes", () => {
    const folder = temporaryFolder();
    const [path, link, loop] = ["new/ringback.db", "link.db", "loop.db"].map((name) => join(folder, name));
    symlinkSync("new/ringback.db", String(link));
    const opened = openFile(String(link));
    onTestFinished(() => opened.close());
    expect(() => openFile(String(path))).toThrow(expect.objectContaining({ code: "in_use", path }));
    symlinkSync("loop.db", String(loop));
    expect(() => openFile(String(loop))).toThrow(expect.objectContaining({ code: "not_writable" }));
  });

  it("a process that is killed leaves no lock behind", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    const { said, child } = await openElsewhere(path);
    expect(said).toBe("open");
    expect(() => openFile(path)).toThrow(expect.objectContaining({ code: "in_use" }));
    expect(() => openFile(path)).toThrow(`process ${child.pid}`);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    openFile(path).close();
  });

  it("the file is free again after close", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    for (let time = 0; time < 3; time += 1) openFile(path).close();
    const { said } = await openElsewhere(path);
    expect(said).toBe("open");
  });
});
