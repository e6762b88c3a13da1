import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { NewId, Pause } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { databaseNow, later } from "../connection/database-clock.ts";
import { appendDomainEvents } from "../domain-events/append.ts";
import { type AuditContext, createAuditLog } from "../operators/audit-log.ts";
import { pausedJobs, pauses } from "../schema/index.ts";

/** A paused scope as operators see it. */
export type ListedPause = {
  scope: string;
  kind: Pause["kind"];
  reason: string;
  since: Date;
  /** How long the scope has been paused, in ms by the database's clock. */
  ageMs: number;
  /** When the next probe may run; null when the pause lasts until an operator ends it. */
  until: Date | null;
  /** How many probes have begun. */
  probes: number;
  waitingJobs: number;
  /** Since when the first of the waiting jobs waits. */
  oldestJobSince: Date | null;
};

/** What operators can do with pauses. Every change is in the audit log. Workers see it within a second. */
export type PauseOperations = {
  /** Lists the paused scopes, the longest pause first. */
  list(): Promise<ListedPause[]>;
  /**
   * Pauses a scope for `forMs`, then probes it; without `forMs` until {@link resume}. It replaces the scope's pause. `scope`
   * must satisfy {@link isScope}. The reason is shown and sent with alerts. Returns when the first probe may run.
   */
  set(scope: string, by: AuditContext & { reason: string }, forMs?: number): Promise<Date | null>;
  /** Ends the pause of a scope, so that its jobs run. Returns false when the scope is not paused. */
  resume(scope: string, by: AuditContext): Promise<boolean>;
};

/** The probe time of a pause without an end: the last year that both Postgres and ISO 8601 with four digits can write. */
const UNTIL_RESUMED = new Date("9999-12-31T00:00:00Z");

/** Whether a text can name a scope: 1 to 200 printable characters without spaces, such as `whatsapp:1065`. */
export function isScope(text: string): boolean {
  return /^[^\s\p{C}]{1,200}$/u.test(text);
}

/** {@link PauseOperations} on the tables pauses, paused_jobs and audit_log. */
export function createPauseOperations({ orm }: Database, newId: NewId): PauseOperations {
  return {
    async list() {
      const rows = await orm
        .select({
          scope: pauses.scope,
          kind: pauses.kind,
          reason: pauses.reason,
          since: pauses.createdAt,
          ageMs: sql<number>`(extract(epoch from now() - ${pauses.createdAt}) * 1000)::float8`,
          until: pauses.until,
          probes: pauses.probes,
          waitingJobs: ofJobs(sql`count(*)`).mapWith(Number),
          oldestJobSince: ofJobs(sql`min(paused_at)`).mapWith(pausedJobs.pausedAt),
        })
        .from(pauses)
        .orderBy(asc(pauses.createdAt), asc(pauses.scope));
      return rows.map((row) => ({ ...row, until: endOf(row.until) }));
    },
    set: (scope, by, forMs) =>
      orm.transaction(async (tx) => {
        const { reason } = by;
        const until = forMs === undefined ? UNTIL_RESUMED : later(databaseNow(), forMs);
        const pause = { kind: "paused", reason, until, probes: 0 } as const;
        const [before] = await tx.select().from(pauses).where(eq(pauses.scope, scope)).for("update");
        const [after] = await tx
          .insert(pauses)
          .values({ scope, ...pause })
          .onConflictDoUpdate({ target: pauses.scope, set: pause })
          .returning();
        const event = { type: "account.paused", tenantId: undefined, subjectId: scope, payload: { reason } } as const;
        if (before?.kind !== "paused") await appendDomainEvents(tx, newId, [event]);
        await createAuditLog({ orm: tx }, newId).record({
          ...by,
          action: "pause.set",
          subject: scope,
          before: before && valuesOf(before),
          after: after && valuesOf(after),
        });
        return after ? endOf(after.until) : null;
      }),
    resume: (scope, by) =>
      orm.transaction(async (tx) => {
        const [before] = await tx.delete(pauses).where(eq(pauses.scope, scope)).returning();
        if (!before) return false;
        await createAuditLog({ orm: tx }, newId).record({
          ...by,
          action: "pause.lifted",
          subject: scope,
          before: valuesOf(before),
        });
        return true;
      }),
  };
}

/** An aggregate of the jobs that wait for a pause. Each scope is looked up in an index, which has all that it needs. */
function ofJobs(aggregate: SQL): SQL {
  return sql`(select ${aggregate} from ${pausedJobs} as job where job.scope = pauses.scope)`;
}

function endOf(until: Date): Date | null {
  return until >= UNTIL_RESUMED ? null : until;
}

/** The values of a pause for the audit log. */
function valuesOf({ kind, reason, until }: typeof pauses.$inferSelect) {
  return { kind, reason, until: endOf(until) };
}
