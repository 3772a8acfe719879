// What the bulk statements are written in: the few expressions that SQLite and PostgreSQL spell differently.

export interface Dialect {
  readonly name: "sqlite" | "postgres";
  /** A table `series` with one column `n`, from 1 to `count`. */
  series(count: number): string;
  /** The number `expression` in at least `width` digits. */
  digits(expression: string, width: number): string;
  flag(value: boolean): string;
  /** So many bytes. */
  bytes(count: number): string;
}

export const sqlite: Dialect = {
  name: "sqlite",
  series: (count) =>
    `(with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${count}) select n from counted) as series`,
  digits: (expression, width) => `printf('%0${width}d', ${expression})`,
  flag: (value) => (value ? "1" : "0"),
  bytes: (count) => `zeroblob(${count})`,
};

export const postgres: Dialect = {
  name: "postgres",
  series: (count) => `generate_series(1, ${count}) as series(n)`,
  digits: (expression, width) => `lpad((${expression})::text, ${width}, '0')`,
  flag: String,
  bytes: (count) => `decode(repeat('00', ${count}), 'hex')`,
};

/** A text as a literal of either dialect. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
