// How drizzle-kit makes the PostgreSQL migrations from the store's schema; packages/store/README.md says when to run it.
// Paths are relative to packages/store, where drizzle-kit is installed and run.
export default {
  dialect: "postgresql",
  schema: ["./src/postgres/schema.ts", "./src/postgres/feed-floor.ts"],
  out: "../../drizzle/postgres",
};
