import type { Now } from "../runtime/clock.ts";
import type { Http } from "../http/http.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Channel } from "../domain/conversations.ts";

/** A message as the AI is shown it. */
export type AiTurnMessage = {
  id: string;
  direction: "inbound" | "outbound";
  /** Who wrote it. */
  author: "contact" | "ai" | "person";
  type: string;
  text: string | null;
  /** A file, by its place in the media store once it is fetched. */
  media: { mimeType: string | null; filename: string | null; key: string | null } | null;
  /** ISO 8601 in UTC. */
  sentAt: string;
};

/** A question to the AI. */
export type Question = {
  /** Must come back with the answer. */
  turnId: string;
  /** Rises with every takeover and every hand-back; an answer to an older one is not sent. */
  epoch: number;
  /** 1, or 2 when no answer came the first time. */
  ask: number;
  /** Why it is asked: `message`, or `hand_back` when a person gave the conversation back. */
  reason: "message" | "hand_back";
  conversation: {
    id: string;
    channel: Channel;
    accountId: string;
    title: string | null;
    lastUserMessageAt: string | null;
    /** When a person last took it over or gave it back; null if never. What was said before it was said to others. */
    modeChangedAt: string | null;
  };
  contact: {
    id: string;
    name: string | null;
    username: string | null;
    phone: string | null;
    email: string | null;
  } | null;
  /** What has not been answered yet, oldest first. */
  messages: readonly AiTurnMessage[];
  /** What was said before that, oldest first. */
  history: readonly AiTurnMessage[];
};

/** The AI that answers first. */
export type Assistant = {
  /** What a question must wait for when it is held. */
  scopes(): readonly string[];
  /** Times of its turns. */
  timings: AiTurnTimings;
  /** Asks; resolves once the question is accepted, the answer comes by a webhook of its own. Throws ProviderError only. */
  ask(
    question: Question,
    context: { http: Http; log: Logger; now: Now; newId: () => string; signal: AbortSignal },
  ): Promise<void>;
};

/** Times of a turn in ms. */
export type AiTurnTimings = {
  /** How long to wait for another message before asking. */
  debounceMs: number;
  /** How long at most, however many come. */
  debounceCapMs: number;
  /** How long to wait for the answer before asking once more, and then before giving up. */
  answerTimeoutMs: number;
};
