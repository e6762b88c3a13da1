import type { Now } from "@millrace/core";

/** A message that one of the APIs took, as it will stand in the person's chat. */
export type SentMessage = {
  channel: "whatsapp" | "telegram";
  /** The phone number id or the bot that it was sent from. */
  account: string;
  /** As the caller wrote it. */
  to: string;
  /** The caller's own name for it: WhatsApp's `biz_opaque_callback_data`. */
  messageId: string | undefined;
  /** The id that the API gave it. */
  externalId: string;
  type: string;
  /** Text or caption, as the person reads it. */
  text: string | undefined;
  /** ISO 8601 in UTC. */
  at: string;
  /** The body as it came; files that came along by their name and size. */
  content: unknown;
  /** The fault after which it was taken without telling so. */
  fault: string | undefined;
  /** It went to a stranger: a phone number without its plus sign. */
  misdelivered: boolean;
};

/** What was sent, in the order in which it was taken. */
export type SentLog = {
  record(message: Omit<SentMessage, "at">): void;
  list(channel?: string): readonly SentMessage[];
  /** How many were taken since the start or the last `clear`, also those that are forgotten by now. */
  count(): Record<SentMessage["channel"], number>;
  clear(): void;
};

/** How many messages are remembered at least: enough for a load test, while a sandbox that runs for days must not grow. */
const MEMORY = 200_000;

/** An empty {@link SentLog} that tells the time by `now`. */
export function createSentLog(now: Now): SentLog {
  let sent: SentMessage[] = [];
  let counts = { whatsapp: 0, telegram: 0 };
  return {
    record(message) {
      counts[message.channel] += 1;
      sent.push({ ...message, at: now().toISOString() });
      if (sent.length >= 2 * MEMORY) sent = sent.slice(-MEMORY);
    },
    list: (channel) => (channel === undefined ? sent : sent.filter((message) => message.channel === channel)),
    count: () => ({ ...counts }),
    clear() {
      sent = [];
      counts = { whatsapp: 0, telegram: 0 };
    },
  };
}
