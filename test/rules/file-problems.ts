// What is wrong with one file, whatever its language: where it points to, how it is called, how long it is.

const linesMax = 400;

interface Pattern {
  readonly name: string;
  readonly pattern: RegExp;
  /** Files that may, with the reason. */
  readonly except?: RegExp;
}

const patterns: readonly Pattern[] = [
  {
    name: "a path of one machine",
    pattern: /(?<![\w.:/-])\/(?:home|Users|root|work|mnt)\/\w/,
    // It plants such paths.
    except: /^test\/rules\/file-problems\.test\.ts$/,
  },
  {
    name: "a package registry by name",
    pattern: /\bregistry\.[a-z\d-]+\.[a-z]{2,}|\bnpm\.pkg\./,
    except: /^test\/rules\/file-problems/,
  },
  {
    name: "a test that is skipped or alone",
    pattern: /\b(?:it|test|describe)\.(?:skip|only|todo|fails|skipIf|runIf)\(/,
    // It plants such tests.
    except: /^test\/rules\/(?:planted-lint|file-problems\.test)\.ts$/,
  },
];

/** Generated, or a text that is as long as it is. */
const mayBeLong = /(?:^pnpm-lock\.yaml|\.md|\.sql|\.json|^LICENSE)$/;
const kebabCase = /^\.?[a-z\d]+(?:[-.][a-z\d]+)*$/;
const namedByCustom = /(?:^|\/)(?:[A-Z]+(?:\.md)?|\d{4}_\w+\.sql|\d{4}_snapshot\.json|_journal\.json)$/;

/** One sentence per problem; empty when there is none. Binary files should not be given. */
export function fileProblems(path: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines > linesMax && !mayBeLong.test(path))
    problems.push(`${path} has ${lines} lines; ${linesMax} at most`);
  for (const part of path.split("/")) {
    if (!kebabCase.test(part) && !namedByCustom.test(path))
      problems.push(`${path}: "${part}" is not kebab-case`);
  }
  for (const { name, pattern, except } of patterns) {
    const found = except?.test(path) === true ? null : pattern.exec(text);
    if (found !== null) problems.push(`${path} names ${name}: ${found[0]}`);
  }
  return problems;
}
