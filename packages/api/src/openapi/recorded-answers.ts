// What the app answered to the examples, as examples.test.ts recorded and compares it. Never edited by hand.
import recorded from "./recorded-answers.json" with { type: "json" };

export interface RecordedAnswer {
  readonly status: number;
  /** The media type; null without a body. */
  readonly type: string | null;
  readonly headers: Readonly<Partial<Record<string, string>>>;
  /** Parsed JSON, or text. */
  readonly body?: unknown;
}

/** By `<operation id>.<example name>`; undefined for one that has not been recorded yet. */
export const recordedAnswers: Readonly<Record<string, RecordedAnswer | undefined>> = recorded;
