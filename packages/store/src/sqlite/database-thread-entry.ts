// The entry of the database thread.
import { quickenImports } from "../quick-imports.ts";

quickenImports();
await import("./in-database-thread.ts");
