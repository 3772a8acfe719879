// The door for tests outside of this room.
export { openCuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
