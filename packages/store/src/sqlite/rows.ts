// Raw prepared statements that speak in the schema's row types: the hot paths' way past the query builder.
import type BetterSqlite3 from "better-sqlite3";
import type { InferInsertModel, InferSelectModel } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { getTableName } from "drizzle-orm/table";
import { getTableColumns } from "drizzle-orm/utils";

export type Client = BetterSqlite3.Database;

export type Bindable = string | number | bigint | Uint8Array | null;

/** A row as the driver gives it, its columns named as in the schema. */
export type RawRow = Record<string, unknown>;

interface NamedColumn {
  readonly property: string;
  readonly name: string;
  readonly toDriver: (value: unknown) => unknown;
  readonly fromDriver: (value: unknown) => unknown;
  /** True when the driver's value is the row's value. */
  readonly plain: boolean;
}

const plainTypes: ReadonlySet<string> = new Set(["SQLiteText", "SQLiteInteger"]);

function columnsOf(table: SQLiteTable): NamedColumn[] {
  return Object.entries(getTableColumns(table)).map(([property, column]) => ({
    property,
    name: `"${column.name}"`,
    toDriver: (value) => column.mapToDriverValue(value),
    fromDriver: (value) => column.mapFromDriverValue(value),
    plain: plainTypes.has(String(column.columnType)),
  }));
}

export interface RowReader<Row> {
  /** The columns for `select` or `returning`. */
  readonly list: string;
  /** Turns the driver's row into the schema's; it is changed in place. */
  readonly read: (raw: RawRow) => Row;
}

export function rowReader<Table extends SQLiteTable>(table: Table): RowReader<InferSelectModel<Table>> {
  const columns = columnsOf(table);
  const converted = columns.filter((column) => !column.plain);
  return {
    list: columns.map(({ name, property }) => `${name} as "${property}"`).join(", "),
    read(raw) {
      for (const { property, fromDriver } of converted) {
        if (raw[property] !== null) raw[property] = fromDriver(raw[property]);
      }
      return raw as InferSelectModel<Table>;
    },
  };
}

/** A prepared insert of one whole row; what is left out is null. `suffix` may say what a conflict does. */
export function inserter<Table extends SQLiteTable>(
  client: Client,
  table: Table,
  suffix = "",
): (row: InferInsertModel<Table>) => BetterSqlite3.RunResult {
  const columns = columnsOf(table);
  const names = columns.map(({ name }) => name).join(", ");
  const places = columns.map(() => "?").join(", ");
  const statement = client.prepare<[Bindable[]]>(
    `insert into "${getTableName(table)}" (${names}) values (${places}) ${suffix}`,
  );
  return (row) => statement.run(bound(columns, row));
}

/** A prepared update of these columns of the one row with that key. */
export function saver<Table extends SQLiteTable, Property extends string & keyof InferSelectModel<Table>>(
  client: Client,
  table: Table,
  properties: { readonly set: readonly Property[]; readonly key: readonly Property[] },
): (row: Pick<InferSelectModel<Table>, Property>) => void {
  const columns = columnsOf(table);
  const named = (property: Property): NamedColumn => {
    const column = columns.find((candidate) => candidate.property === property);
    if (column === undefined) throw new Error(`${getTableName(table)} has no column ${property}`);
    return column;
  };
  const set = properties.set.map(named);
  const key = properties.key.map(named);
  const equals = (column: NamedColumn): string => `${column.name} = ?`;
  const statement = client.prepare<[Bindable[]]>(
    `update "${getTableName(table)}" set ${set.map(equals).join(", ")} where ${key.map(equals).join(" and ")}`,
  );
  return (row) => {
    const { changes } = statement.run(bound([...set, ...key], row));
    if (changes !== 1) throw new Error(`${getTableName(table)}: the row to save does not exist`);
  };
}

/**
 * A prepared update of these columns of rows with the key (tenantId, id). Rows that get the same values are updated by one
 * statement; each of the rows must exist.
 */
export function alikeSaver<
  Table extends SQLiteTable,
  Property extends string & keyof InferSelectModel<Table>,
>(
  client: Client,
  table: Table,
  properties: readonly Property[],
): (rows: readonly (Pick<InferSelectModel<Table>, Property> & RowKey)[]) => void {
  const columns = columnsOf(table).filter((column) => properties.some((name) => name === column.property));
  const set = columns.map(({ name }) => `${name} = ?`).join(", ");
  const statement = client.prepare<[Bindable[]]>(
    // Whatever throws rolls back the transaction, so the statement need not be able to undo itself, which costs page copies.
    `update or fail "${getTableName(table)}" set ${set}
     where tenant_id = ? and id in (select value from json_each(?))`,
  );
  return (rows) => {
    const alike = new Map<string, { readonly values: Bindable[]; readonly ids: string[] }>();
    for (const row of rows) {
      const values = bound(columns, row);
      values.push(row.tenantId);
      const key = values.join("\n");
      const known = alike.get(key);
      if (known === undefined) alike.set(key, { values, ids: [row.id] });
      else known.ids.push(row.id);
    }
    for (const { values, ids } of alike.values()) {
      const { changes } = statement.run([...values, JSON.stringify(ids)]);
      if (changes !== ids.length) throw new Error(`${getTableName(table)}: a row to save does not exist`);
    }
  };
}

interface RowKey {
  readonly tenantId: string;
  readonly id: string;
}

function bound(columns: readonly NamedColumn[], row: object): Bindable[] {
  const values = row as RawRow;
  return columns.map(({ property, plain, toDriver }) => {
    const value = values[property] ?? null;
    return (value === null || plain ? value : toDriver(value)) as Bindable;
  });
}
