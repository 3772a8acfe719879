// The adapters are twins: what names no dialect is the same to the byte, and their rows are of the same types.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, it } from "vitest";
import { readMigrations as readPostgresMigrations } from "./postgres/migrate.ts";
import * as postgres from "./postgres/schema.ts";
import { readMigrations as readSqliteMigrations } from "./sqlite/migrate.ts";
import * as sqlite from "./sqlite/schema.ts";

const here = new URL("./", import.meta.url);

describe("twin files", () => {
  const reads = readdirSync(new URL("sqlite/reads/", here)).map((file) => `reads/${file}`);
  const parts = readdirSync(new URL("sqlite/schema/", here)).map((file) => `schema/${file}`);

  it("are all there", () => {
    const names = reads.filter((name) => name.endsWith(".ts")).length;
    expect(names).toBeGreaterThan(5);
    expect(readdirSync(new URL("postgres/reads/", here)).map((file) => `reads/${file}`)).toEqual(reads);
    expect(readdirSync(new URL("postgres/schema/", here)).map((file) => `schema/${file}`)).toEqual(parts);
  });

  it.each([
    "schema.ts",
    ...parts,
    "feed-floor.ts",
    "nouns.ts",
    "states.ts",
    "attempt-states.ts",
    "reads.ts",
    ...reads,
  ])("%s is the same in both", (name) => {
    const [first, second] = ["sqlite", "postgres"].map((dialect) =>
      readFileSync(new URL(`${dialect}/${name}`, here)),
    );
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
  });

  it("have rows of the same types, read and written", () => {
    expect(Object.keys(postgres)).toEqual(Object.keys(sqlite));
    expectTypeOf<Selected<typeof postgres>>().toEqualTypeOf<Selected<typeof sqlite>>();
    expectTypeOf<Inserted<typeof postgres>>().toEqualTypeOf<Inserted<typeof sqlite>>();
  });

  it("are migrated in the same steps", () => {
    const steps = (migrations: readonly { readonly number: number; readonly name: string }[]) =>
      migrations.map(({ number, name }) => ({ number, name }));
    expect(steps(readPostgresMigrations())).toEqual(steps(readSqliteMigrations()));
  });
});

type Selected<Schema> = {
  [Name in keyof Schema]: Schema[Name] extends { $inferSelect: infer Row } ? Row : never;
};
type Inserted<Schema> = {
  [Name in keyof Schema]: Schema[Name] extends { $inferInsert: infer Row } ? Row : never;
};
