// Loaded by every process of vitest before anything else.
import { quickenImports } from "@ringback/store/quick-imports";

quickenImports();
