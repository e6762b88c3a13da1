import { and, eq, inArray } from "drizzle-orm";
import { type AccountStore, type NewId, permanent } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { providerAccounts, tenants } from "../schema/index.ts";
import { type AuditContext, createAuditLog } from "../operators/audit-log.ts";

/** The external id of the row that applies to every account of a provider without its own row. */
export const ANY_ACCOUNT = "*";

/** {@link AccountStore} on the table provider_accounts. */
export function accountStore(tx: Executor): AccountStore {
  return {
    async tenantOf({ provider, noun, externalId }) {
      const rows = await tx
        .select({ externalId: providerAccounts.externalId, tenantId: providerAccounts.tenantId })
        .from(providerAccounts)
        .where(
          and(eq(providerAccounts.provider, provider), inArray(providerAccounts.externalId, [externalId, ANY_ACCOUNT])),
        )
        .prepare("tenant_of_account")
        .execute();
      const account = rows.find((row) => row.externalId === externalId) ?? rows[0];
      if (account?.tenantId) return account.tenantId;
      throw permanent(`no tenant owns ${noun} ${externalId}`, "unknown_account");
    },
  };
}

/** Tenants by name. */
export type TenantStore = {
  /**
   * Returns the id of the tenant with that name.
   * @throws ProviderError permanent when there is none
   */
  findByName(name: string): Promise<string>;
};

/** {@link TenantStore} on the table tenants. */
export function tenantStore(tx: Executor): TenantStore {
  return {
    async findByName(name) {
      const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
      if (tenant) return tenant.id;
      // The message omits the name: the caller chose it, and the event's payload contains it.
      throw permanent("no tenant has the name in the event", "no_tenant");
    },
  };
}

/** An account and the tenant to assign it to; without `tenantName` the account is unassigned. */
export type AccountAssignment = { provider: string; externalId: string; tenantName: string | undefined };

/** An account and the name of its tenant; null without one. */
export type ListedAccount = { provider: string; externalId: string; tenant: string | null };

/** Lists accounts with their tenants, by provider. */
export function listAccounts({ orm }: Database): Promise<ListedAccount[]> {
  return orm
    .select({ provider: providerAccounts.provider, externalId: providerAccounts.externalId, tenant: tenants.name })
    .from(providerAccounts)
    .leftJoin(tenants, eq(tenants.id, providerAccounts.tenantId))
    .orderBy(providerAccounts.provider, providerAccounts.externalId);
}

/** Assigns an account to a tenant on behalf of an operator, and records it in audit_log. */
export async function assignAccount(
  { orm }: Database,
  assignment: AccountAssignment & { tenantName: string },
  by: AuditContext,
  newId: NewId,
): Promise<void> {
  const { provider, externalId, tenantName } = assignment;
  await orm.transaction(async (tx) => {
    const [before] = await tx
      .select({ tenant: tenants.name })
      .from(providerAccounts)
      .leftJoin(tenants, eq(tenants.id, providerAccounts.tenantId))
      .where(and(eq(providerAccounts.provider, provider), eq(providerAccounts.externalId, externalId)));
    await assignAccounts(tx, [assignment], newId);
    await createAuditLog({ orm: tx }, newId).record({
      ...by,
      action: "account.assigned",
      subject: `${provider}/${externalId}`,
      before,
      after: { tenant: tenantName },
    });
  });
}

/** Assigns accounts to tenants, also if they had another one, and creates missing tenants. Idempotent. */
export async function assignAccounts(
  tx: Executor,
  assignments: readonly AccountAssignment[],
  newId: NewId,
): Promise<void> {
  for (const assignment of assignments) {
    const row = await accountRow(tx, assignment, newId);
    const target = [providerAccounts.provider, providerAccounts.externalId];
    await tx
      .insert(providerAccounts)
      .values(row)
      .onConflictDoUpdate({ target, set: { tenantId: row.tenantId } });
  }
}

/** Assigns only accounts without a row; assignments by operators stay. */
export async function seedAccounts(
  tx: Executor,
  assignments: readonly AccountAssignment[],
  newId: NewId,
): Promise<void> {
  for (const assignment of assignments) {
    await tx
      .insert(providerAccounts)
      .values(await accountRow(tx, assignment, newId))
      .onConflictDoNothing();
  }
}

async function accountRow(tx: Executor, { provider, externalId, tenantName }: AccountAssignment, newId: NewId) {
  const tenantId = tenantName === undefined ? null : await ensureTenant(tx, tenantName, newId);
  return { id: newId(), provider, externalId, tenantId };
}

async function ensureTenant(tx: Executor, name: string, newId: NewId): Promise<string> {
  await tx.insert(tenants).values({ id: newId(), name }).onConflictDoNothing();
  const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
  if (!tenant) throw new Error(`the row of tenant ${name} disappeared during its transaction`);
  return tenant.id;
}
