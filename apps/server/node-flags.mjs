// The flags of Node that a server is started with.

/**
 * V8 would let the space of new objects grow to 128 MB, nearly all of it garbage; with 32 MB it is emptied more often, which
 * costs little, since little of it is still in use.
 */
export const serverFlags = ["--max-semi-space-size=16"];
