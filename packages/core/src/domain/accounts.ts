/** Our accounts at platforms and the tenants that own them. */
export type AccountStore = {
  /**
   * Returns the tenant that owns the account: by the account's own row, else by the provider's `*` row.
   * @throws ProviderError permanent, "no tenant owns <what> <account>", when no tenant owns it
   */
  tenantOf(provider: string, what: string, accountId: string): Promise<string>;
};

/** Tenants by name. */
export type TenantStore = {
  /**
   * Returns the id of the tenant with that name.
   * @throws ProviderError permanent when there is none
   */
  findByName(name: string): Promise<string>;
};
