import type { RowReader } from "../src/servers/index.ts";

/** Assigns an account to a new tenant by SQL, because `millrace accounts add` would start a process for it. */
export async function assignAccount(rows: RowReader, provider: string, externalId: string): Promise<void> {
  await rows.rows(
    `with tenant as (
       insert into tenants (id, name) values (gen_random_uuid(), 'Tenant of ${provider}') returning id
     )
     insert into millrace.provider_accounts (id, tenant_id, provider, external_id)
     select gen_random_uuid(), id, '${provider}', '${externalId}' from tenant
     on conflict (provider, external_id) do update set tenant_id = excluded.tenant_id`,
  );
}
