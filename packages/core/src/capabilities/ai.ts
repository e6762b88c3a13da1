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

/** The ports of a call to the AI's integration. */
export type AssistantContext = { http: Http; log: Logger; now: Now; newId: () => string; signal: AbortSignal };

/** The AI that answers first. */
export type Assistant = {
  /** Scopes that pause a question. */
  scopes(): readonly string[];
  timings: AiTurnTimings;
  onFailure: OnAiFailure;
  /**
   * Sends a question and resolves once the AI accepted it. The answer arrives at a webhook of its own. Throws
   * ProviderError only.
   */
  ask(question: Question, context: AssistantContext): Promise<void>;
  /** Reports failed AI turns; absent when the operator wants no reports. */
  failureReports?: {
    /** Scopes that pause a report, apart from those of the questions. */
    scopes(): readonly string[];
    /** Sends one report. A repeated report has the same id. Throws ProviderError only. */
    report(failure: AiTurnFailure, context: AssistantContext): Promise<void>;
  };
};

/** What happens to the conversation of a failed AI turn. */
export type OnAiFailure = {
  /** Whether the conversation is taken over, so that people answer it. */
  handsOver: boolean;
  /** The text that the customer gets once at such a takeover. */
  fallbackText?: string | undefined;
};

/** An AI turn that failed. It names rows by their ids and contains no other personal data. */
export type AiTurnFailure = { turnId: string; conversationId: string; reason: AiFailureReason };

/** Why an AI turn failed: the AI accepted the question and did not answer in time, or no question was accepted. */
export const AI_FAILURE_REASONS = ["no_answer", "not_asked"] as const;
/** See {@link AI_FAILURE_REASONS}. */
export type AiFailureReason = (typeof AI_FAILURE_REASONS)[number];

/** The kind of the job that reports a failed AI turn. */
export const AI_FAILURE_REPORT = "failure-report";

/** Times of an AI turn in ms. */
export type AiTurnTimings = {
  /** Debounce: how long after a message to wait for the next one before the AI is asked. */
  debounceMs: number;
  /** Longest debounce, however many messages arrive. */
  debounceCapMs: number;
  /** How long to wait for the answer to each question; the second timeout ends the turn. */
  answerTimeoutMs: number;
};

/** The queue of the AI turns: each is a question to the AI that waits for its answer. It also has the failure reports. */
export const AI_QUEUES = {
  "ai-turns": { ...DEFAULT_POLICY, expiresAfterMs: EXPIRES_AFTER_MS.aiTurn },
} satisfies QueuePolicies;
