import type { AccountReference } from "@millrace/core";

/**
 * The account of a phone number. A business account does not identify a tenant, because its numbers can belong to several.
 */
export function accountOf({ phone_number_id: externalId }: { phone_number_id: string }): AccountReference {
  return { provider: "whatsapp", noun: "phone number", externalId };
}
