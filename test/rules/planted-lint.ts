// For every rule that .oxlintrc.json turns on by name, a few lines that break it, and lines nearby that do not.

export interface PlantedLint {
  /** As oxlint prints it: `plugin(rule)`. */
  readonly rule: string;
  /** Where in the house the lines stand; a room's source file unless the place matters. */
  readonly path?: string;
  readonly text: string;
  /** How often the rule must speak up; once unless said. 0: it must not. */
  readonly times?: number;
}

/** Apart, so that this file does not break the rule itself. */
const me = "ME";
const promise = `declare function later(): Promise<number>;`;
const anything = `declare const any: { readonly value: ReturnType<typeof JSON.parse> };`;

export const plantedLint: readonly PlantedLint[] = [
  // ── The house's own ──
  {
    rule: "house(no-ambient-time)",
    text: `import { setTimeout as wait } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import * as timers from "node:timers";
export const a = [Date.now(), new Date(), Date(), new globalThis.Date(), performance.now(), process.hrtime.bigint()];
export const b = [setTimeout(() => {}, 1), setInterval(() => {}, 1), timers.setTimeout(() => {}, 1), wait(1)];
export const c = [globalThis.setTimeout(() => {}, 1), AbortSignal.timeout(1), globalThis["Date"]["now"]()];
const { now } = Date;
const Clock = Date;
export const d = [now(), Clock];`,
    times: 15,
  },
  {
    rule: "house(no-ambient-time)",
    text: `import type { setTimeout as Wait } from "node:timers";
export const a = (at: number, given: unknown): unknown => [new Date(at), given instanceof Date, Date.parse("2026"), Date.UTC(2026, 1)];
export const b = (Date: { now(): number }): number => Date.now();
export const c = (clock: { setTimeout(): void; now(): Date }): unknown => [clock.setTimeout(), clock.now()];
export type Timer = ReturnType<typeof setTimeout> | Wait;
setImmediate(() => {});
queueMicrotask(() => {});`,
    times: 0,
  },
  {
    rule: "house(no-ambient-time)",
    path: "apps/server/src/system.ts",
    text: `export const now = Date.now();`,
    times: 0,
  },
  {
    rule: "house(no-ambient-time)",
    path: "packages/store/src/planted.test.ts",
    text: `export const now = Date.now();`,
    times: 0,
  },
  {
    rule: "house(no-ambient-time)",
    path: "apps/server/src/planted.ts",
    text: `export const now = Date.now();`,
  },
  {
    rule: "house(no-ambient-randomness)",
    text: `import { randomUUID, randomBytes as bytes } from "node:crypto";
import * as crypt from "node:crypto";
export const a = [Math.random(), randomUUID(), bytes(4), crypt.randomInt(4), crypto.randomUUID()];
const { random } = Math;
export const b = [random(), globalThis.crypto.getRandomValues(new Uint8Array(1))];`,
    times: 7,
  },
  {
    rule: "house(no-ambient-randomness)",
    text: `import { createHash, timingSafeEqual } from "node:crypto";
export const a = [Math.floor(1.5), createHash("sha256"), timingSafeEqual(new Uint8Array(1), new Uint8Array(1))];`,
    times: 0,
  },
  {
    rule: "house(no-ambient-environment)",
    text: `import { env } from "node:process";
import node from "node:process";
export const a = [process.env["A"], env["A"], node.env["A"], globalThis.process.env["A"]];
const { env: again } = process;
export const b = again;`,
    times: 5,
  },
  { rule: "house(no-ambient-environment)", text: `export const a = [process.pid, process.argv];`, times: 0 },
  {
    rule: "house(no-ambient-environment)",
    path: "apps/server/src/config/planted.ts",
    text: `export const a = process.env["A"];`,
    times: 0,
  },
  {
    rule: "house(no-async-transaction)",
    text: `declare const database: { transaction(run: () => unknown): void };
const later = async () => 1;
async function laterToo() {}
database.transaction(async () => 1);
database.transaction(async function () {});
database.transaction(later);
database["transaction"](laterToo);`,
    times: 4,
  },
  {
    rule: "house(no-async-transaction)",
    text: `declare const database: { transaction(run: () => unknown): void; each(run: () => unknown): void };
const now = () => 1;
database.transaction(() => 1);
database.transaction(now);
database.each(async () => 1);`,
    times: 0,
  },
  {
    rule: "house(words)",
    text: `export const taskCount = 1;
export function sendMessage() {}
export class LaneWorker {}
export interface DLQEntry { readonly id: string }
export type Helpers = string;
const isCancelled = true;
export { isCancelled };
declare function table(name: string): unknown;
export const rows = table("delivery_queue");`,
    times: 7,
  },
  {
    rule: "house(words)",
    text: `export const queueTimeoutMs = 1;
export const webhookId = 1;
export const progressMessageBytesMax = 1;
export interface Job { readonly message: string }
const queue = [1];
export const first = queue[0];`,
    times: 0,
  },
  { rule: "house(words)", path: "packages/runner/src/run-utils.ts", text: `export const a = 1;` },
  { rule: "house(words)", path: "packages/runner/src/helpers/a.ts", text: `export const a = 1;` },

  // ── Promises ──
  { rule: "typescript(no-floating-promises)", text: `${promise} later();` },
  { rule: "typescript(no-misused-promises)", text: `${promise} if (later()) process.exit();` },
  { rule: "typescript(await-thenable)", text: `export const a = await 1;` },
  {
    rule: "typescript(return-await)",
    text: `${promise} export async function a() { try { return later(); } catch { return 1; } }`,
  },
  { rule: "typescript(prefer-promise-reject-errors)", text: `export const a = Promise.reject("no");` },
  { rule: "typescript(only-throw-error)", text: `throw "no";` },
  {
    rule: "typescript(use-unknown-in-catch-callback-variable)",
    text: `${promise} later().catch((error) => error);`,
  },

  // ── Types ──
  { rule: "typescript(no-explicit-any)", text: `export const a: any = 1;` },
  { rule: "typescript(no-unsafe-argument)", text: `${anything} Number.isInteger(1); "a".at(any.value);` },
  { rule: "typescript(no-unsafe-assignment)", text: `${anything} export const a = any.value;` },
  { rule: "typescript(no-unsafe-call)", text: `${anything} any.value();` },
  { rule: "typescript(no-unsafe-function-type)", text: `export type A = Function;` },
  { rule: "typescript(no-unsafe-member-access)", text: `${anything} any.value.a;` },
  { rule: "typescript(no-unsafe-return)", text: `${anything} export function a() { return any.value; }` },
  { rule: "typescript(no-non-null-assertion)", text: `export const a = (b: string | null): string => b!;` },
  {
    rule: "typescript(no-deprecated)",
    text: `/** @deprecated Another is better. */
function old() {}
old();`,
  },
  { rule: "typescript(ban-ts-comment)", text: `// @ts-ignore\nexport const a: string = 1;` },
  {
    rule: "typescript(strict-boolean-expressions)",
    text: `export const a = (b: number): number => (b ? 1 : 2);`,
  },
  {
    rule: "typescript(strict-boolean-expressions)",
    text: `export const a = (b: string): number => (b ? 1 : 2);`,
  },
  {
    rule: "typescript(switch-exhaustiveness-check)",
    text: `export function a(b: "c" | "d") { switch (b) { case "c": return 1; } return 2; }`,
  },
  {
    rule: "typescript(prefer-nullish-coalescing)",
    text: `export const a = (b: string | null): string => b || "c";`,
  },
  {
    rule: "typescript(consistent-type-imports)",
    text: `import { Stats } from "node:fs"; export type A = Stats;`,
  },
  { rule: "typescript(consistent-type-definitions)", text: `export type A = { readonly b: string };` },
  {
    rule: "typescript(no-import-type-side-effects)",
    text: `import { type Stats } from "node:fs"; export type A = Stats;`,
  },
  { rule: "typescript(no-require-imports)", text: `import fs = require("node:fs"); export const a = fs;` },
  { rule: "typescript(no-namespace)", text: `export namespace A { export const b = 1; }` },
  { rule: "typescript(array-type)", text: `export type A = Array<string>;` },

  // ── Shape ──
  { rule: "eslint(max-lines)", text: `export {};\n`.repeat(401) },
  { rule: "house(function-length)", text: `export function a() {\n${"a();\n".repeat(59)}}` },
  {
    rule: "house(function-length)",
    text: `export function a() {\n${`const b = () => {\n${"a();\n".repeat(50)}};\nb();\n`.repeat(2)}}`,
    times: 0,
  },
  {
    rule: "eslint(max-params)",
    text: `export function a(b: 1, c: 1, d: 1, e: 1, f: 1) { return [b, c, d, e, f]; }`,
  },
  {
    rule: "eslint(max-depth)",
    text: `declare const a: boolean; ${"if (a) { ".repeat(5)}process.exit();${" }".repeat(5)}`,
  },
  {
    rule: "eslint(complexity)",
    text: `export function a(b: boolean) { ${"if (b) a(b); ".repeat(21)} }`,
  },
  { rule: "unicorn(filename-case)", path: "packages/store/src/plantedCase.ts", text: `export const a = 1;` },
  { rule: "unicorn(prefer-node-protocol)", text: `import "fs";` },
  { rule: "import(no-default-export)", text: `export default 1;` },
  {
    rule: "import(no-duplicates)",
    text: `import { stat } from "node:fs"; import { open } from "node:fs"; open; stat;`,
  },
  { rule: "import(no-mutable-exports)", text: `export let a = 1; a = 2;` },
  { rule: "eslint(eqeqeq)", text: `export const a = (b: number): boolean => b == 1;` },
  { rule: "eslint(no-console)", text: `console.log("a");` },
  { rule: "eslint(no-var)", text: `export var a = 1;` },
  { rule: "eslint(prefer-const)", text: `let a = 1; export const b = a;` },
  { rule: "eslint(object-shorthand)", text: `const a = 1; export const b = { a: a };` },
  { rule: "eslint(no-empty)", text: `${promise} try { await later(); } catch {}` },
  { rule: "eslint(no-implicit-coercion)", text: `export const a = (b: string): number => +b;` },
  { rule: "eslint(no-warning-comments)", text: `// FIX${me}: later\nexport const a = 1;` },
  {
    rule: "vitest(valid-expect)",
    path: "packages/store/src/expect.test.ts",
    text: `import { expect, test } from "vitest"; test("a", () => { expect(1); });`,
  },

  // ── What the categories bring, as far as the house counts on it ──
  {
    rule: "vitest(no-disabled-tests)",
    path: "test/e2e/skip.test.ts",
    text: `import { expect, test } from "vitest"; test.skip("a", () => { expect(1).toBe(1); });`,
  },
  {
    rule: "vitest(no-focused-tests)",
    path: "test/e2e/only.test.ts",
    text: `import { expect, test } from "vitest"; test.only("a", () => { expect(1).toBe(1); });`,
  },
  {
    rule: "vitest(expect-expect)",
    path: "test/e2e/empty.test.ts",
    text: `import { test } from "vitest"; test("a", () => {});`,
  },
];
