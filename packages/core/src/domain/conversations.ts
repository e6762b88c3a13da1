import type { Click } from "./conversions.ts";
import type { Channel, Thread } from "./thread.ts";

/**
 * The latest activity in a thread. `byUser` is true when the contact acted, which opens WhatsApp's 24-hour customer
 * service window. `click` is the ad click that the contact arrived with.
 */
export type Activity = { at: Date; byUser: boolean; click?: Click | undefined };

/** Who answers in a conversation: the AI, or a person after a takeover. */
export type ConversationMode = "ai" | "human";

/** A takeover or a hand-back. */
export type ModeChange = {
  conversationId: string;
  mode: ConversationMode;
  /** Name of the person or system that requested the change. */
  actor: string;
  reason?: string | undefined;
  at: Date;
};

/** Conversations, one per thread. */
export type ConversationStore = {
  /** Returns a conversation by its id; undefined when there is none. */
  find(
    id: string,
  ): Promise<(Thread & { mode: ConversationMode; epoch: number; click?: Click | undefined }) | undefined>;
  /**
   * Changes the mode and increments the conversation's epoch, which invalidates every AI answer that was requested
   * earlier and is not sent yet. It waits for an answer that is being sent at that moment. A hand-back asks the AI to
   * answer the messages that arrived since the takeover. Returns false when the conversation is in that mode already, or
   * when a change later than `at` is recorded.
   */
  changeMode(takeover: ModeChange): Promise<boolean>;
  /** Returns the id of the thread's conversation. Creates the conversation, and an open case, where there is none. */
  open(thread: Thread, activity: Activity): Promise<string>;
  /** Records an activity of the contact that is no message, such as a reaction, if the conversation exists. */
  recordUserActivity(thread: Thread, at: Date): Promise<void>;
  /**
   * Gives a thread its new id (a Telegram group becomes a supergroup), also when it has no conversation yet. The
   * conversation of the new id, if any, is merged into it. Later events with the old id belong to the new one.
   */
  migrate(channel: Channel, accountId: string, fromThreadId: string, toThreadId: string): Promise<void>;
  /**
   * Records whether messages can reach the contact (it blocked or unblocked us), also for a thread without a
   * conversation. The latest `at` wins; of two with the same time, `true` wins.
   */
  setReachable(channel: Channel, accountId: string, threadId: string, reachable: boolean, at: Date): Promise<void>;
};
