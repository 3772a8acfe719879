// The door for tests outside of this room.
export { openCuttingProxy } from "./cutting-proxy.ts";
