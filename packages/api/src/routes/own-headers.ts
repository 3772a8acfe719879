// What every answer carries, whatever it is.

export function addOwnHeaders(headers: Record<string, string>, requestId: string): void {
  headers["x-request-id"] = requestId;
  headers["x-content-type-options"] = "nosniff";
}
