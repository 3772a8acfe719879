// The only file that knows HTTP status numbers; the rest of the room names what it means.

export const status = {
  ok: 200,
  created: 201,
  accepted: 202,
  noContent: 204,
  seeOther: 303,
  notModified: 304,
  badRequest: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  timedOut: 408,
  conflict: 409,
  gone: 410,
  tooLarge: 413,
  unsupportedType: 415,
  unprocessable: 422,
  headersTooLarge: 431,
  internal: 500,
  unavailable: 503,
  full: 507,
} as const;

export type Status = (typeof status)[keyof typeof status];
