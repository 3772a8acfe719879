// How drizzle-kit makes the SQLite migrations from the store's schema; packages/store/README.md says when to run it.
// Paths are relative to packages/store, where drizzle-kit is installed and run.
export default {
  dialect: "sqlite",
  schema: ["./src/sqlite/schema.ts", "./src/sqlite/feed-floor.ts"],
  out: "../../drizzle/sqlite",
};
