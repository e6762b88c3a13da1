/**
 * Joins the tenant that owns the account of each row, as `account.tenant_id`, in SQL: a row of the account's own decides, and
 * without one the row of all accounts. Rows of accounts without a tenant are left out. See `accountStore`.
 * @param alias the rows, with the columns `provider` and `account`
 */
export function joinTenants(alias: string): string {
  return `join lateral (
    select tenant_id from millrace.provider_accounts
    where provider = ${alias}.provider and external_id in (${alias}.account, '*')
    order by external_id = '*' limit 1) as account on account.tenant_id is not null`;
}
