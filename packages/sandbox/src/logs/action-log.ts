import type { Now } from "@millrace/core";

/** An action in a chat that is not a message, such as a read mark. */
export type LoggedChatAction = {
  channel: "whatsapp" | "telegram";
  account: string;
  /** `mark` on WhatsApp; the name of the method on Telegram. */
  action: string;
  /** ISO 8601 in UTC. */
  at: string;
  content: unknown;
};

/** The actions in chats, oldest first. */
export type ActionLog = {
  record(action: Omit<LoggedChatAction, "at">): void;
  list(): readonly LoggedChatAction[];
  clear(): void;
};

/** The log keeps at least this many actions. It bounds the memory of a sandbox that runs for days. */
const MIN_KEPT = 10_000;

/** Creates an empty {@link ActionLog} with the clock `now`. */
export function createActionLog(now: Now): ActionLog {
  let actions: LoggedChatAction[] = [];
  return {
    record(action) {
      actions.push({ ...action, at: now().toISOString() });
      if (actions.length >= 2 * MIN_KEPT) actions = actions.slice(-MIN_KEPT);
    },
    list: () => actions,
    clear() {
      actions = [];
    },
  };
}
