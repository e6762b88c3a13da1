/** An account of ours at a provider. */
export type AccountReference = {
  /** Id of the integration. */
  provider: string;
  /** The provider's word for the account, for errors: page, phone number, bot. */
  noun: string;
  externalId: string;
};

/** Our accounts at platforms and the tenants that own them. */
export type AccountStore = {
  /**
   * Returns the tenant that owns the account: by the account's own row, else by the provider's `*` row.
   * @throws ProviderError permanent, "no tenant owns <noun> <account>", when no tenant owns it
   */
  tenantOf(account: AccountReference): Promise<string>;
};
