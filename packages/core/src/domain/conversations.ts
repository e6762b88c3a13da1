import type { Click } from "./conversions.ts";

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
