// Cursors: a position in a list or in the feed, sealed for one tenant and one list. What a cursor holds is nobody's business.
import type { ListPosition } from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";
import { openText, sealText, type TokenKeys } from "./sealed-text.ts";

/** The lists that give out cursors. The version in the purpose ends those of an older form. */
export type CursorList =
  | "jobs"
  | "job-events"
  | "endpoints"
  | "deliveries"
  | "dead-letters"
  | "replays"
  | "feed"
  | "keys"
  | "tenants"
  | "audit";

export interface Cursors {
  sealPosition(list: CursorList, tenantId: string, position: ListPosition): string;
  openPosition(list: CursorList, tenantId: string, cursor: string): ListPosition | Refusal;
  sealSeq(list: CursorList, tenantId: string, seq: number): string;
  openSeq(list: CursorList, tenantId: string, cursor: string): { readonly seq: number } | Refusal;
}

const invalid: Refusal = refusal(
  "cursor-invalid",
  "The cursor is not one that this list gave to this tenant.",
);
const positionText = /^(\d{1,16}) (\S{1,64})$/;

export function createCursors(tokenKeys: TokenKeys): Cursors {
  const binding = (list: CursorList, owner: string) => ({ purpose: `cursor.1.${list}`, owner });
  const seal = (list: CursorList, tenantId: string, text: string): string =>
    sealText(tokenKeys, binding(list, tenantId), text);
  return {
    sealPosition: (list, tenantId, { at, id }) => seal(list, tenantId, `${at} ${id}`),
    openPosition(list, tenantId, cursor) {
      const match = positionText.exec(openText(tokenKeys, binding(list, tenantId), cursor) ?? "");
      const [, at, id] = match ?? [];
      return at === undefined || id === undefined ? invalid : { at: Number(at), id };
    },
    sealSeq: (list, tenantId, seq) => seal(list, tenantId, String(seq)),
    openSeq(list, tenantId, cursor) {
      const text = openText(tokenKeys, binding(list, tenantId), cursor);
      return text === null ? invalid : { seq: Number(text) };
    },
  };
}
