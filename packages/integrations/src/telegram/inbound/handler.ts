import {
  type EventHandler,
  type InboundEvent,
  permanent,
  UNREADABLE,
  unreadableSchema,
  type Write,
} from "@millrace/core";
import type { z } from "zod";
import { callbackWrite } from "./callback-query.ts";
import { deletionWrite, editWrite, membershipWrite, reactionWrite } from "./message-changes.ts";
import { messageWrite } from "./message.ts";
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
  return {
    callsProvider: false,
    scopes: () => [],
    handle: async (event) => writeOf(event, ownerTakesOver),
  };
}

function writeOf(event: InboundEvent, ownerTakesOver: boolean): Write {
  switch (event.kind) {
    case "message":
    case "channel_post":
    case "business_message":
    case "guest_message":
      return read(event, messageSchema, (message, context, raw) => messageWrite(message, context, raw, ownerTakesOver));
    case "edited_message":
    case "edited_channel_post":
    case "edited_business_message":
      return read(event, messageSchema, editWrite);
    case "callback_query":
      return read(event, callbackSchema, callbackWrite);
    case "message_reaction":
      return read(event, reactionSchema, reactionWrite);
    case "deleted_business_messages":
      return read(event, deletionSchema, deletionWrite);
    case "my_chat_member":
      return read(event, membershipSchema, membershipWrite);
    case UNREADABLE:
      throw permanent(unreadableSchema.parse(event.payload).reason, UNREADABLE);
    default:
      return () => Promise.resolve({ result: "unhandled" });
  }
}

/** Parses the object that the event's kind names. `raw` is the object without changes. */
function read<Schema extends z.ZodType>(
  event: InboundEvent,
  schema: Schema,
  write: (value: z.infer<Schema>, context: UpdateContext, raw: unknown) => Write,
): Write {
  const payload = updatePayload.safeParse(event.payload);
  if (!payload.success) throw permanent("the payload is not an update");
  const { bot, update } = payload.data;
  const raw = update[event.kind];
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw permanent(`the ${event.kind} does not match its schema`);
  return write(parsed.data, { bot, updateId: update.update_id, receivedAt: new Date(event.receivedAt) }, raw);
}
