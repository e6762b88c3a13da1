import { and, eq, inArray } from "drizzle-orm";
import { type NewId, permanent, type AccountStore, type TenantStore } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { providerAccounts, tenants } from "../schema/index.ts";
import { createAuditLog } from "../operators/audit-log.ts";
import type { AuditContext } from "../dead-letters/replays.ts";

/** Stands for every account of a provider that has no row of its own. */
export const ANY_ACCOUNT = "*";

/** {@link AccountStore} on the table provider_accounts. */
export function accountStore(tx: Executor): AccountStore {
  return {
    async tenantOf(provider, what, accountId) {
      const rows = await tx
        .select({ externalId: providerAccounts.externalId, tenantId: providerAccounts.tenantId })
        .from(providerAccounts)
        .where(
          and(eq(providerAccounts.provider, provider), inArray(providerAccounts.externalId, [accountId, ANY_ACCOUNT])),
        )
        .prepare("source_of_account")
        .execute();
      const source = rows.find((row) => row.externalId === accountId) ?? rows[0];
      if (source?.tenantId) return source.tenantId;
      throw permanent(`no tenant owns ${what} ${accountId}`, "unknown_account");
    },
  };
}

/** {@link TenantStore} on the table tenants. */
export function tenantStore(tx: Executor): TenantStore {
  return {
    async findByName(name) {
      const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
      if (tenant) return tenant.id;
      // The name is the caller's: it may be anything, and stands in the event.
      throw permanent("no tenant has the name that the event tells", "no_tenant");
    },
  };
}

/** An account to be given to a tenant; `tenantName` undefined makes it known and nobody's. */
export type AccountAssignment = { provider: string; externalId: string; tenantName: string | undefined };

/** An account and whose it is. */
export type AccountLine = { provider: string; externalId: string; tenant: string | null };

/** Whose is which page, number and bot, by provider. */
export function listAccounts({ orm }: Database): Promise<AccountLine[]> {
  return orm
    .select({ provider: providerAccounts.provider, externalId: providerAccounts.externalId, tenant: tenants.name })
    .from(providerAccounts)
    .leftJoin(tenants, eq(tenants.id, providerAccounts.tenantId))
    .orderBy(providerAccounts.provider, providerAccounts.externalId);
}

/** Gives an account to a tenant, as a person does it: it is a row in audit_log. */
export async function assignAccount(
  { orm }: Database,
  source: AccountAssignment & { tenantName: string },
  by: AuditContext,
  newId: NewId,
): Promise<void> {
  const { provider, externalId, tenantName } = source;
  await orm.transaction(async (tx) => {
    const [before] = await tx
      .select({ tenant: tenants.name })
      .from(providerAccounts)
      .leftJoin(tenants, eq(tenants.id, providerAccounts.tenantId))
      .where(and(eq(providerAccounts.provider, provider), eq(providerAccounts.externalId, externalId)));
    await assignAccounts(tx, [source], newId);
    await createAuditLog({ orm: tx }, newId).record({
      ...by,
      action: "account.assigned",
      subject: `${provider}/${externalId}`,
      before,
      after: { tenant: tenantName },
    });
  });
}

/** Gives accounts to tenants, whoever had them, making the tenants where need be. Repeating it changes nothing. */
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

/** The same for accounts that nothing is known of; what an operator has decided stays. */
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
  const tenantId = tenantName === undefined ? null : await tenantNamed(tx, tenantName, newId);
  return { id: newId(), provider, externalId, tenantId };
}

async function tenantNamed(tx: Executor, name: string, newId: NewId): Promise<string> {
  await tx.insert(tenants).values({ id: newId(), name }).onConflictDoNothing();
  const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
  if (!tenant) throw new Error(`tenant ${name} vanished while it was being made`);
  return tenant.id;
}
