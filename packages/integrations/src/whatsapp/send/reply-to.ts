import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** WhatsApp's id of a message. */
export const messageId = z
  .string()
  .regex(/^[!-~]+$/, "must be WhatsApp's id of a message (wamid.…)")
  .max(MAX_EVENT_ID_LENGTH, `must be at most ${MAX_EVENT_ID_LENGTH} characters`);

/** The message that is answered. */
export const replyTo = messageId
  .optional()
  .meta({ description: "External id (wamid) of the message that it answers." });
