// SQL for many rows at once, speaking in the schema's row types: one parameter of JSON carries a whole list of rows.
import { getTableColumns, getTableName, type InferInsertModel, type InferSelectModel } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";

/** A row as the driver gives it, its columns named as in the schema. */
export type RawRow = Record<string, unknown>;

interface NamedColumn {
  readonly property: string;
  readonly name: string;
  readonly type: string;
}

function columnsOf(table: PgTable): NamedColumn[] {
  return Object.entries(getTableColumns(table)).map(([property, column]) => ({
    property,
    name: `"${column.name}"`,
    type: column.getSQLType().replace(/ .*/, ""),
  }));
}

export interface RowReader<Row> {
  /** The columns for `select` or `returning`, of the table called `t`. */
  readonly list: string;
  /** Turns the driver's row into the schema's; it is changed in place. */
  readonly read: (raw: RawRow) => Row;
}

export function rowReader<Table extends PgTable>(table: Table): RowReader<InferSelectModel<Table>> {
  const columns = columnsOf(table);
  const binary = columns.filter(({ type }) => type === "bytea").map(({ property }) => property);
  return {
    list: columns.map(({ name, property }) => `t.${name} as "${property}"`).join(", "),
    read(raw) {
      for (const property of binary) {
        const value = raw[property];
        if (Buffer.isBuffer(value)) {
          raw[property] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        }
      }
      return raw as InferSelectModel<Table>;
    },
  };
}

/** A statement whose only parameter is `spell(rows)`. */
export interface RowsStatement<Row> {
  readonly text: string;
  readonly spell: (rows: readonly Row[]) => string;
}

/** Inserts whole rows; what is left out is null, and a column in `omit` takes its default. */
export function inserter<Table extends PgTable>(
  table: Table,
  options: { readonly omit?: string; readonly suffix?: string } = {},
): RowsStatement<InferInsertModel<Table>> {
  const columns = columnsOf(table).filter(({ property }) => property !== options.omit);
  const names = columns.map(({ name }) => name).join(", ");
  const values = columns.map(({ property }) => `v."${property}"`).join(", ");
  const text = `insert into "${getTableName(table)}" as t (${names})
    select ${values} from ${listed(columns)} ${options.suffix ?? ""}`;
  return { text, spell: speller(columns) };
}

/** Sets these columns of the rows with those keys. */
export function saver<Table extends PgTable, Property extends string & keyof InferSelectModel<Table>>(
  table: Table,
  properties: { readonly set: readonly Property[]; readonly key: readonly Property[] },
): RowsStatement<Pick<InferSelectModel<Table>, Property>> {
  const all = columnsOf(table);
  const wanted = (names: readonly string[]): NamedColumn[] =>
    all.filter(({ property }) => names.includes(property));
  const set = wanted(properties.set);
  const key = wanted(properties.key);
  const assigned = set.map(({ name, property }) => `${name} = v."${property}"`).join(", ");
  const found = key.map(({ name, property }) => `t.${name} = v."${property}"`).join(" and ");
  const columns = [...key, ...set];
  const text = `update "${getTableName(table)}" as t set ${assigned} from ${listed(columns)} where ${found}`;
  return { text, spell: speller(columns) };
}

/** The list as a table `v` of these columns, named as in the schema. */
function listed(columns: readonly NamedColumn[]): string {
  return `json_to_recordset($1::json) as v(${columns.map(({ property, type }) => `"${property}" ${type}`).join(", ")})`;
}

/** Only the columns of the list are spelled, whatever else a row carries. */
function speller<Row>(columns: readonly NamedColumn[]): (rows: readonly Row[]) => string {
  return (rows) =>
    spellJson(
      rows.map((row) => {
        const values = row as RawRow;
        const picked: RawRow = {};
        for (const { property } of columns) picked[property] = spellValue(values[property]);
        return picked;
      }),
    );
}

/** PostgreSQL reads bytes in JSON as the text `\x…`. */
function spellValue(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
}

/** What PostgreSQL's text cannot hold: the character zero, and half of a surrogate pair. */
const unholdable = /\\u(?:0000|d[89a-f])/;

/** Intake refuses such characters in payloads; in errors and details that others wrote, U+FFFD stands in for them. */
function spellJson(rows: readonly RawRow[]): string {
  const spelled = JSON.stringify(rows);
  if (!unholdable.test(spelled)) return spelled;
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === "string" ? value.replaceAll("\0", "\u{FFFD}").toWellFormed() : value,
  );
}
