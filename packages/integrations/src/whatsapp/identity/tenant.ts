import type { Stores } from "@millrace/core";

/**
 * The tenant of a phone number. A business account does not identify a tenant, because its numbers can belong to several.
 * @throws ProviderError permanent, if no tenant owns the number
 */
export function tenantOf(stores: Stores, { phone_number_id: id }: { phone_number_id: string }): Promise<string> {
  return stores.accounts.tenantOf("whatsapp", "phone number", id);
}
