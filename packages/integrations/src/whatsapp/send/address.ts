import { permanent, type ThreadReference } from "@millrace/core";
import { z } from "zod";
import { BSUID, personOf } from "../identity/identity.ts";
import { threadOf } from "../identity/thread.ts";

const FIELDS = ["conversationId", "phone", "userId", "group"] as const;

/** The recipient of a message. */
export const whatsappAddress = z
  .strictObject({
    conversationId: z.uuid().optional().meta({ description: "The id of a row in the table `conversations`." }),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{4,14}$/, "must be in E.164: a plus sign, the country code and only digits")
      .optional()
      .meta({ examples: ["+4915100000001"] }),
    userId: z
      .string()
      .max(140, "must be at most 140 characters")
      .regex(BSUID, "must be a business-scoped user id such as DE.90000000000000001")
      .optional()
      .meta({ description: "WhatsApp's business-scoped user id, unchanged." }),
    group: z
      .string()
      .max(300, "must be at most 300 characters")
      .regex(/^[!-~]+$/, "must be a group id of WhatsApp's Groups API")
      .optional()
      .meta({ description: "The id of a group of which the number is a member." }),
  })
  .refine(
    (to) => FIELDS.filter((field) => to[field] !== undefined).length === 1,
    `must have exactly one of ${FIELDS.slice(0, -1).join(", ")} and ${FIELDS.at(-1)}`,
  )
  .meta({ description: "Exactly one of the fields is required." });

/**
 * The thread with a person or a group.
 * @param from the phone number id that the caller named
 * @param phoneNumberId the default phone number id
 * @throws ProviderError permanent if there is no number to send from
 */
export function chatThread(
  to: z.output<typeof whatsappAddress>,
  from: string | undefined,
  phoneNumberId: string | undefined,
): ThreadReference {
  const accountId = from ?? phoneNumberId;
  if (accountId === undefined)
    throw permanent("the request has no `from`, and WHATSAPP_PHONE_NUMBER_ID is not set", "no_number");
  if (!/^\d{1,32}$/.test(accountId)) throw permanent("`from` must be a phone number id, only digits", "no_number");
  return threadOf({ phone_number_id: accountId }, to.group, personOf({ userIds: [to.userId], numbers: [to.phone] }));
}
