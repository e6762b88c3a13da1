import type { z } from "zod";
import type { MessagePart } from "./outbox.ts";
import type { Channel } from "./thread.ts";

/** An action in a chat that is no message: typing, marking as read. */
export type ChatAction = { action: unknown };

/** What a channel can send. */
export type OutgoingFormat = {
  channel: Channel;
  /**
   * Validates a message as callers and the AI write it. Its JSON has a field `type`. It transforms nothing, because a
   * message is validated more than once on its way.
   */
  content: z.ZodType;
  /** Turns valid content into the messages to send (a long text becomes several) or into an action. */
  parts(content: unknown): readonly MessagePart[] | ChatAction;
};
