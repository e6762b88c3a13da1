import { permanent, type Stores } from "@millrace/core";
import { z } from "zod";
import { BSUID, personOf } from "../identity/identity.ts";
import { tenantOf } from "../identity/tenant.ts";
import { threadOf } from "../identity/thread.ts";

const WAYS = ["conversationId", "phone", "userId", "group"] as const;

/** Who a message is for. */
export const whatsappAddress = z
  .strictObject({
    conversationId: z.uuid().optional().meta({ description: "A conversation of ours." }),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{4,14}$/, "must be in E.164: a plus sign, the country code and digits alone")
      .optional()
      .meta({ examples: ["+4915100000001"] }),
    userId: z
      .string()
      .max(140, "must be at most 140 characters")
      .regex(BSUID, "must be a business-scoped user id such as DE.90000000000000001")
      .optional()
      .meta({ description: "WhatsApp's business-scoped user id, whole and unaltered." }),
    group: z
      .string()
      .max(300, "must be at most 300 characters")
      .regex(/^[!-~]+$/, "must be a group id of WhatsApp's Groups API")
      .optional()
      .meta({ description: "Id of a group that the number is in." }),
  })
  .refine(
    (to) => WAYS.filter((way) => to[way] !== undefined).length === 1,
    `must have exactly one of ${WAYS.slice(0, -1).join(", ")} and ${WAYS.at(-1)}`,
  )
  .meta({ description: "Exactly one of these." });

/**
 * Opens the conversation of a person or a group.
 * @param from phone number id that the caller named
 * @param phoneNumberId the one that sends where none is named
 * @throws ProviderError permanent when there is no number to send from, or nobody owns it
 */
export async function openChat(
  stores: Stores,
  to: z.output<typeof whatsappAddress>,
  from: string | undefined,
  at: Date,
  phoneNumberId: string | undefined,
): Promise<string> {
  const accountId = from ?? phoneNumberId;
  if (accountId === undefined)
    throw permanent("the request names no number to send from, and WHATSAPP_PHONE_NUMBER_ID is not set", "no_number");
  if (!/^\d{1,32}$/.test(accountId))
    throw permanent("`from` is no phone number id, which is digits alone", "no_number");
  const find = threadOf(to.group, personOf({ userIds: [to.userId], numbers: [to.phone] }));
  const tenantId = await tenantOf(stores, { phone_number_id: accountId });
  const { thread } = await find(stores, tenantId);
  return stores.conversations.open({ ...thread, tenantId, channel: "whatsapp", accountId }, { at, byUser: false });
}
