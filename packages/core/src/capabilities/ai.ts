import type { Channel } from "../domain/thread.ts";
import type { Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { DEFAULT_POLICY, EXPIRES_AFTER_MS, type QueuePolicies } from "./queue-policy.ts";

/** A message in a question to the AI. */
export type AiTurnMessage = {
  id: string;
  direction: "inbound" | "outbound";
  author: "contact" | "ai" | "person";
  type: string;
  text: string | null;
  /** A file; `key` is its key in the media store once it is fetched. */
  media: { mimeType: string | null; filename: string | null; key: string | null } | null;
  /** ISO 8601 in UTC. */
  sentAt: string;
};

/** A question to the AI. */
export type Question = {
  /** The answer must carry this id. */
  turnId: string;
  /** Grows with every takeover and every hand-back. Millrace does not send an answer to an older epoch. */
  epoch: number;
  /** 1, or 2 when the first question timed out. */
  ask: number;
  /** `message` for new messages, `hand_back` after a person handed the conversation back to the AI. */
  reason: "message" | "hand_back";
  conversation: {
    id: string;
    channel: Channel;
    accountId: string;
    title: string | null;
    lastUserMessageAt: string | null;
    /** The time of the latest takeover or hand-back; null if there was none. */
    modeChangedAt: string | null;
  };
  contact: {
    id: string;
    name: string | null;
    username: string | null;
    phone: string | null;
    email: string | null;
  } | null;
  /** The messages without an answer, oldest first. */
  messages: readonly AiTurnMessage[];
  /** The messages before those, oldest first. */
  history: readonly AiTurnMessage[];
};

/** The AI that answers first. */
export type Assistant = {
  /** Scopes that pause a question. */
  scopes(): readonly string[];
  timings: AiTurnTimings;
  /**
   * Sends a question and resolves once the AI accepted it. The answer arrives at a webhook of its own. Throws
   * ProviderError only.
   */
  ask(
    question: Question,
    context: { http: Http; log: Logger; now: Now; newId: () => string; signal: AbortSignal },
  ): Promise<void>;
};

/** Times of an AI turn in ms. */
export type AiTurnTimings = {
  /** Debounce: how long after a message to wait for the next one before the AI is asked. */
  debounceMs: number;
  /** Longest debounce, however many messages arrive. */
  debounceCapMs: number;
  /** How long to wait for the answer to each question; the second timeout ends the turn. */
  answerTimeoutMs: number;
};

/** The queue of the AI turns: each is a question to the AI that waits for its answer. */
export const AI_QUEUES = {
  "ai-turns": { ...DEFAULT_POLICY, expiresAfterMs: EXPIRES_AFTER_MS.aiTurn },
} satisfies QueuePolicies;
