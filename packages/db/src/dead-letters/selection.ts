import { and, eq, gte, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { DeadLetterSelection } from "@millrace/core";
import { deadLetters, lowerError, providerAccounts, tenants } from "../schema/index.ts";

/** The condition of a selection, as SQL. */
export function matchesSelection({
  ids,
  queue,
  integration,
  errorKind,
  text,
  tenant,
  since,
  until,
}: DeadLetterSelection): SQL | undefined {
  return and(
    ids && inArray(deadLetters.id, ids),
    queue === undefined ? undefined : eq(deadLetters.queue, queue),
    integration === undefined ? undefined : eq(deadLetters.integration, integration),
    errorKind === undefined ? undefined : eq(deadLetters.errorKind, errorKind),
    // The index contains the error in lower case, and `like` and `ilike` take longer.
    text === undefined ? undefined : sql`strpos(${lowerError(deadLetters.error)}, ${lowerError(sql`${text}`)}) > 0`,
    tenant === undefined ? undefined : belongsTo(tenant),
    since === undefined ? undefined : gte(deadLetters.failedAt, new Date(since)),
    until === undefined ? undefined : lt(deadLetters.failedAt, new Date(until)),
  );
}

/** Whether the dead letter, or its account by now, belongs to a tenant: many fail because their account has none yet. */
function belongsTo(tenant: string): SQL | undefined {
  // Without a reference to the dead letter, so that Postgres reads the tenant's accounts once.
  const accounts = sql`(
    select ${providerAccounts.provider}, ${providerAccounts.externalId} from ${providerAccounts}
    join ${tenants} on ${tenants.id} = ${providerAccounts.tenantId} where ${tenants.name} = ${tenant})`;
  return or(
    sql`${deadLetters.tenantId} = (select ${tenants.id} from ${tenants} where ${tenants.name} = ${tenant})`,
    and(isNull(deadLetters.tenantId), sql`(${deadLetters.integration}, ${deadLetters.account}) in ${accounts}`),
  );
}
