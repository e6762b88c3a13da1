import type { Stores } from "@millrace/core";

/**
 * The tenant of a number of ours. By the number and not by the business account: one account's numbers may belong to
 * several tenants.
 * @throws ProviderError permanent, when the number is nobody's
 */
export function tenantOf(stores: Stores, { phone_number_id: id }: { phone_number_id: string }): Promise<string> {
  return stores.accounts.tenantOf("whatsapp", "phone number", id);
}
