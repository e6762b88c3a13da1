import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** The id of a message (wamid). */
export const messageId = z
  .string()
  .regex(/^[!-~]+$/, "must be WhatsApp's id of a message (wamid.…)")
  .max(MAX_EVENT_ID_LENGTH, `must be at most ${MAX_EVENT_ID_LENGTH} characters`);

/** The id of the message to reply to. */
export const replyTo = messageId.optional().meta({ description: "External id (wamid) of the message to reply to." });
