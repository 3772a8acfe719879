// Which master key is the present one. Twin file: byte-identical for every dialect.
import { check, instant, oneOf, table, text } from "../columns.ts";

/**
 * One row: the id of the key with which the process that started last seals. Everything that was sealed with another one is
 * sealed with it again, and by nobody who seals with another one.
 */
export const presentKey = table(
  "present_key",
  {
    what: text("what").$type<"present">().primaryKey(),
    kid: text("kid").notNull(),
    since: instant("since").notNull(),
  },
  (t) => [check("present_key_what", oneOf(t.what, ["present"]))],
);
