import { and, eq, inArray } from "drizzle-orm";
import { type NewId, permanent, type SourceStore, type TenantStore } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { leadSources, tenants } from "../schema/index.ts";
import { createOperatorActions } from "../operators/audit-log.ts";
import type { By } from "../dead-letters/replays.ts";

/** Stands for every account of a provider that has no row of its own. */
export const ANY_ACCOUNT = "*";

/** {@link SourceStore} on the table lead_sources. */
export function sourceStore(tx: Executor): SourceStore {
  return {
    async tenantOf(provider, what, accountId) {
      const rows = await tx
        .select({ externalId: leadSources.externalId, tenantId: leadSources.tenantId })
        .from(leadSources)
        .where(and(eq(leadSources.provider, provider), inArray(leadSources.externalId, [accountId, ANY_ACCOUNT])))
        .prepare("source_of_account")
        .execute();
      const source = rows.find((row) => row.externalId === accountId) ?? rows[0];
      if (source?.tenantId) return source.tenantId;
      throw permanent(`no lead source for ${what} ${accountId}`, "no_lead_source");
    },
  };
}

/** {@link TenantStore} on the table tenants. */
export function tenantStore(tx: Executor): TenantStore {
  return {
    async named(name) {
      const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
      if (tenant) return tenant.id;
      // The name is the caller's: it may be anything, and stands in the event.
      throw permanent("no tenant has the name that the event tells", "no_tenant");
    },
  };
}

/** An account to be given to a tenant; `tenantName` undefined makes it known and nobody's. */
export type SourceAssignment = { provider: string; externalId: string; tenantName: string | undefined };

/** An account and whose it is. */
export type SourceLine = { provider: string; externalId: string; tenant: string | null };

/** Whose is which page, number and bot, by provider. */
export function listSources({ orm }: Database): Promise<SourceLine[]> {
  return orm
    .select({ provider: leadSources.provider, externalId: leadSources.externalId, tenant: tenants.name })
    .from(leadSources)
    .leftJoin(tenants, eq(tenants.id, leadSources.tenantId))
    .orderBy(leadSources.provider, leadSources.externalId);
}

/** Gives an account to a tenant, as a person does it: it is a row in operator_actions. */
export async function giveSource(
  { orm }: Database,
  source: SourceAssignment & { tenantName: string },
  by: By,
  newId: NewId,
): Promise<void> {
  const { provider, externalId, tenantName } = source;
  await orm.transaction(async (tx) => {
    const [before] = await tx
      .select({ tenant: tenants.name })
      .from(leadSources)
      .leftJoin(tenants, eq(tenants.id, leadSources.tenantId))
      .where(and(eq(leadSources.provider, provider), eq(leadSources.externalId, externalId)));
    await assignSources(tx, [source], newId);
    await createOperatorActions({ orm: tx }, newId).record({
      ...by,
      action: "source.given",
      subject: `${provider}/${externalId}`,
      before,
      after: { tenant: tenantName },
    });
  });
}

/** Gives accounts to tenants, whoever had them, making the tenants where need be. Repeating it changes nothing. */
export async function assignSources(
  tx: Executor,
  assignments: readonly SourceAssignment[],
  newId: NewId,
): Promise<void> {
  for (const assignment of assignments) {
    const row = await sourceRow(tx, assignment, newId);
    const target = [leadSources.provider, leadSources.externalId];
    await tx
      .insert(leadSources)
      .values(row)
      .onConflictDoUpdate({ target, set: { tenantId: row.tenantId } });
  }
}

/** The same for accounts that nothing is known of; what an operator has decided stays. */
export async function seedSources(tx: Executor, assignments: readonly SourceAssignment[], newId: NewId): Promise<void> {
  for (const assignment of assignments) {
    await tx
      .insert(leadSources)
      .values(await sourceRow(tx, assignment, newId))
      .onConflictDoNothing();
  }
}

async function sourceRow(tx: Executor, { provider, externalId, tenantName }: SourceAssignment, newId: NewId) {
  const tenantId = tenantName === undefined ? null : await tenantNamed(tx, tenantName, newId);
  return { id: newId(), provider, externalId, tenantId };
}

async function tenantNamed(tx: Executor, name: string, newId: NewId): Promise<string> {
  await tx.insert(tenants).values({ id: newId(), name }).onConflictDoNothing();
  const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name));
  if (!tenant) throw new Error(`tenant ${name} vanished while it was being made`);
  return tenant.id;
}
