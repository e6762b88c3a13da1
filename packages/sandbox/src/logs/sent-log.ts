import type { Now } from "@millrace/core";

/** A message that one of the APIs accepted. */
export type SentMessage = {
  channel: "whatsapp" | "telegram";
  /** The phone number id or the bot that sent it. */
  account: string;
  /** The recipient as the caller wrote it. */
  to: string;
  /** The caller's own id: WhatsApp's `biz_opaque_callback_data`. */
  messageId: string | undefined;
  /** The id that the API assigned. */
  externalId: string;
  type: string;
  /** Text or caption as the recipient sees it. */
  text: string | undefined;
  /** ISO 8601 in UTC. */
  at: string;
  /** The request body; uploaded files are listed with their names and sizes. */
  content: unknown;
  /** The fault because of which the response did not report the message as accepted. */
  fault: string | undefined;
  /** Whether it went to another person, because its phone number has no plus sign. */
  misdelivered: boolean;
};

/** The accepted messages, oldest first. */
export type SentLog = {
  record(message: Omit<SentMessage, "at">): void;
  list(channel?: string): readonly SentMessage[];
  /** Counts the messages since the start or the last `clear`, including those that the log no longer keeps. */
  count(): Record<SentMessage["channel"], number>;
  clear(): void;
};

/** The log keeps at least this many messages: enough for a load test, with bounded memory. */
const MIN_KEPT = 200_000;

/** Creates an empty {@link SentLog} with the clock `now`. */
export function createSentLog(now: Now): SentLog {
  let sent: SentMessage[] = [];
  let counts = { whatsapp: 0, telegram: 0 };
  return {
    record(message) {
      counts[message.channel] += 1;
      sent.push({ ...message, at: now().toISOString() });
      if (sent.length >= 2 * MIN_KEPT) sent = sent.slice(-MIN_KEPT);
    },
    list: (channel) => (channel === undefined ? sent : sent.filter((message) => message.channel === channel)),
    count: () => ({ ...counts }),
    clear() {
      sent = [];
      counts = { whatsapp: 0, telegram: 0 };
    },
  };
}
