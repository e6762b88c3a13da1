import type { MessagePart } from "./outbox.ts";
import type { Channel } from "./thread.ts";

/** The result of an answer: `late` when its turn was superseded, taken over or timed out. */
export type AnswerResult = "queued" | "late" | "duplicate";

/** AI turns: questions to the AI and their answers. */
export type AiTurnStore = {
  /** Returns the conversation of a turn; undefined when there is no such turn. */
  find(turnId: string): Promise<{ conversationId: string; channel: Channel } | undefined>;
  /** Records an answer. Its messages become `queued`, or `suppressed` when the answer is late. */
  answer(answer: { turnId: string; messages: readonly MessagePart[]; at: Date }): Promise<AnswerResult>;
};
