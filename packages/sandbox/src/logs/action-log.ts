import type { Now } from "@millrace/core";

/** Something done in a chat that is no message of its own. */
export type ChatActionSeen = {
  channel: "whatsapp" | "telegram";
  account: string;
  /** `mark` on WhatsApp; the method's name on Telegram. */
  action: string;
  /** ISO 8601 in UTC. */
  at: string;
  content: unknown;
};

/** What was done in chats, in the order in which it was done. */
export type ActionLog = {
  record(action: Omit<ChatActionSeen, "at">): void;
  list(): readonly ChatActionSeen[];
  clear(): void;
};

/** How many actions are remembered at least: a sandbox that runs for days must not grow. */
const MEMORY = 10_000;

/** An empty {@link ActionLog} that tells the time by `now`. */
export function createActionLog(now: Now): ActionLog {
  let seen: ChatActionSeen[] = [];
  return {
    record(action) {
      seen.push({ ...action, at: now().toISOString() });
      if (seen.length >= 2 * MEMORY) seen = seen.slice(-MEMORY);
    },
    list: () => seen,
    clear() {
      seen = [];
    },
  };
}
