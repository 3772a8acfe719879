// The door for tests outside of this room: receivers that misbehave byte by byte, and certificates that do not hold.
export { makeAuthority, makeCertificate } from "./certificate.ts";
export { answerText, startReceiver, type Receiver } from "./receiver.ts";
