import { and, asc, eq, lt, lte, ne, notExists, notInArray, sql } from "drizzle-orm";
import type { PausedJobStore, WaitingJob } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { pausedJobs, pauses } from "../schema/index.ts";

/** How long a rate limit or an outage without a waiting job is kept after its next probe is due, as an interval. */
const UNUSED = sql`interval '1 minute'`;

/** {@link PausedJobStore} on the table paused_jobs. */
export function createPausedJobs({ orm }: Database): PausedJobStore {
  const columns = {
    queue: pausedJobs.queue,
    jobId: pausedJobs.jobId,
    scope: pausedJobs.scope,
    // As text, because a Date has no microseconds, and the driver makes one of each timestamp.
    pausedAt: sql<string>`${pausedJobs.pausedAt}::text`,
  };
  const pauseOfJob = orm
    .select({ one: sql`1` })
    .from(pauses)
    .where(eq(pauses.scope, pausedJobs.scope));
  return {
    async add(job) {
      await orm
        .insert(pausedJobs)
        .values(job)
        .onConflictDoUpdate({
          target: [pausedJobs.queue, pausedJobs.jobId],
          set: { scope: job.scope, pausedAt: sql`clock_timestamp()` },
        })
        .prepare("add_paused_job")
        .execute();
    },
    async due(limit, busyQueues) {
      const isFree = notInArray(pausedJobs.queue, [...busyQueues]);
      const resumed = await orm
        .select(columns)
        .from(pausedJobs)
        .where(and(notExists(pauseOfJob), isFree))
        .orderBy(asc(pausedJobs.pausedAt))
        .limit(limit);
      const probes = await orm
        .selectDistinctOn([pausedJobs.scope], columns)
        .from(pauses)
        .innerJoin(pausedJobs, eq(pausedJobs.scope, pauses.scope))
        .where(and(lte(pauses.until, sql`clock_timestamp()`), isFree))
        .orderBy(asc(pausedJobs.scope), asc(pausedJobs.pausedAt));
      return [...resumed, ...probes];
    },
    async remove(jobs) {
      if (jobs.length === 0) return;
      const column = (name: keyof WaitingJob) => sql.param(jobs.map((job) => job[name]));
      const removed = sql`select * from unnest(${column("queue")}::text[], ${column("jobId")}::text[], ${column("pausedAt")}::text[])`;
      await orm
        .delete(pausedJobs)
        .where(sql`(${pausedJobs.queue}, ${pausedJobs.jobId}, ${pausedJobs.pausedAt}::text) in (${removed})`);
    },
    async removeUnusedPauses() {
      const jobOfPause = orm
        .select({ one: sql`1` })
        .from(pausedJobs)
        .where(eq(pausedJobs.scope, pauses.scope));
      await orm
        .delete(pauses)
        .where(
          and(ne(pauses.kind, "paused"), lt(pauses.until, sql`clock_timestamp() - ${UNUSED}`), notExists(jobOfPause)),
        );
    },
  };
}
