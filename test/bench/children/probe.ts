// Loaded into a real server before its own program (--import): it answers for its processor time and memory, and the server
// ends with the benchmark. The program knows nothing of it.
import { answerParent } from "./in-child.ts";

answerParent({});
