// `npm test`: every static check, then every test, all of them even when one fails, and one closing line with the real counts.
// With arguments (`npm test -- packages/core`) it runs only the tests they name.
import { runStaticChecks } from "./run/static-checks.ts";
import { closingLine, exitCodeOf, sum, type Counts } from "./run/counts.ts";
import { runVitest } from "./run/vitest.ts";

const filters = process.argv.slice(2);
const counts: Counts[] = [];
if (filters.length === 0) counts.push(await runStaticChecks());
counts.push(await runVitest(filters));
const total = sum(counts);
process.stdout.write(`\n${closingLine(total)}\n`);
process.exitCode = exitCodeOf(total);
