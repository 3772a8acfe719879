// The body of an `endpoint.test`: small, and obviously a test.
import { eventBody, testEventType } from "../event/event.ts";
import type { Instant } from "../ports/time.ts";

export function testEventBody(endpointId: string, now: Instant): string {
  const data = {
    endpointId,
    message: "A test: your endpoint has received it, and its signature can be verified.",
  };
  return eventBody(testEventType, now, JSON.stringify(data));
}
