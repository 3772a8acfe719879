// Cuts text that a handler wrote to what a row may keep: a bound in UTF-8 bytes, no lone surrogate, no NUL.

const encoder = new TextEncoder();
const mark = "…";
const markBytes = 3;

/** At most `bytesMax` UTF-8 bytes; text that was cut ends in "…". Cheap for text of any length. */
export function boundedText(text: string, bytesMax: number): string {
  // One UTF-16 unit is at least one byte, so nothing behind the bound can be kept.
  const head = text.length > bytesMax ? text.slice(0, bytesMax) : text;
  const clean = head.toWellFormed().replaceAll("\u0000", "\uFFFD");
  if (head.length === text.length && Buffer.byteLength(clean) <= bytesMax) return clean;
  const room = new Uint8Array(Math.max(0, bytesMax - markBytes));
  return clean.slice(0, encoder.encodeInto(clean, room).read) + mark;
}
