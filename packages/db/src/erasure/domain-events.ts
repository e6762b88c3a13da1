import { and, count, ne, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { domainEvents } from "../schema/index.ts";
import { ERASED } from "./erased-values.ts";
import type { ErasureScope } from "./scope.ts";

/**
 * Empties the payloads of domain events about rows of the person, and returns their number. It finds them by the index of
 * their subjects, because the table has a row for each message.
 */
export async function eraseDomainEvents(orm: Executor, { ids }: ErasureScope, dryRun: boolean): Promise<number> {
  const isAboutPerson = and(
    sql`${domainEvents.subjectId} = any(${sql.param([...ids])}::text[])`,
    ne(domainEvents.payload, ERASED),
  );
  if (dryRun) return (await orm.select({ rows: count() }).from(domainEvents).where(isAboutPerson))[0]?.rows ?? 0;
  const erased = await orm
    .update(domainEvents)
    .set({ payload: ERASED })
    .where(isAboutPerson)
    .returning({ id: domainEvents.id });
  return erased.length;
}
