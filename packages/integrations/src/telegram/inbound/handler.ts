import { type EventHandler, type InboundEvent, type Handled, permanent } from "@millrace/core";
import type { z } from "zod";
import { handleCallback } from "./callback-query.ts";
import { handleDeletion, handleEdit, handleMembership, handleReaction } from "./message-changes.ts";
import { handleMessage } from "./message.ts";
import {
  callbackSchema,
  deletionSchema,
  membershipSchema,
  messageSchema,
  reactionSchema,
  type UpdateContext,
  updatePayload,
} from "./update-schema.ts";

/**
 * Handles the events of Telegram's webhook.
 * @param ownerTakesOver whether a message of the owner of a business account takes the conversation over
 */
export function telegramHandler(ownerTakesOver: boolean): EventHandler {
  return { handle: (event) => handle(event, ownerTakesOver) };
}

function handle(event: InboundEvent, ownerTakesOver: boolean): Handled {
  switch (event.kind) {
    case "message":
    case "channel_post":
    case "business_message":
    case "guest_message":
      return read(event, messageSchema, (message, context, raw) =>
        handleMessage(message, context, raw, ownerTakesOver),
      );
    case "edited_message":
    case "edited_channel_post":
    case "edited_business_message":
      return read(event, messageSchema, handleEdit);
    case "callback_query":
      return read(event, callbackSchema, handleCallback);
    case "message_reaction":
      return read(event, reactionSchema, handleReaction);
    case "deleted_business_messages":
      return read(event, deletionSchema, handleDeletion);
    case "my_chat_member":
      return read(event, membershipSchema, handleMembership);
    default:
      return { result: "unhandled", facts: [] };
  }
}

/** Parses the object that the event's kind names. `raw` is the object without changes. */
function read<Schema extends z.ZodType>(
  event: InboundEvent,
  schema: Schema,
  handle: (value: z.infer<Schema>, context: UpdateContext, raw: unknown) => Handled,
): Handled {
  const payload = updatePayload.safeParse(event.payload);
  if (!payload.success) throw permanent("the payload is not an update");
  const { bot, update } = payload.data;
  const raw = update[event.kind];
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw permanent(`the ${event.kind} does not match its schema`);
  return handle(parsed.data, { bot, updateId: update.update_id, receivedAt: new Date(event.receivedAt) }, raw);
}
