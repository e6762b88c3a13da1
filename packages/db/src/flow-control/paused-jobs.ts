import { and, eq, lt, ne, notExists, sql } from "drizzle-orm";
import type { PausedJobStore, WaitingJob } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { pausedJobs, pauses } from "../schema/index.ts";

/** How long a rate limit or an outage without a waiting job is kept after its next probe is due, as an interval. */
const UNUSED = sql`interval '1 minute'`;

/** The columns of a {@link WaitingJob}. The time is text, because a Date has no microseconds, and the driver makes one of each timestamp. */
const COLUMNS = sql`queue, job_id as "jobId", scope, paused_at::text as "pausedAt"`;

/** {@link PausedJobStore} on the table paused_jobs. It reads the jobs scope by scope, in the order of an index. */
export function createPausedJobs({ orm }: Database): PausedJobStore {
  return {
    async add({ queue, jobId, scope }) {
      await orm
        .insert(pausedJobs)
        .values({ queue, jobId, scope })
        .onConflictDoUpdate({
          target: [pausedJobs.queue, pausedJobs.jobId],
          set: { scope, pausedAt: sql`clock_timestamp()` },
        })
        .prepare("add_paused_job")
        .execute();
    },
    async probes() {
      return orm.execute<WaitingJob>(sql`
        select job.* from ${pauses} as pause cross join lateral (
          select ${COLUMNS} from ${pausedJobs} where scope = pause.scope order by paused_at limit 1) as job
        where pause.until <= clock_timestamp()`);
    },
    async resumed(limit, busyQueues) {
      // Postgres reads the distinct scopes by the index, because the recursion asks for one after the other.
      return orm.execute<WaitingJob>(sql`
        with recursive scopes as (
          (select scope from ${pausedJobs} order by scope limit 1)
          union all
          select (select min(scope) from ${pausedJobs} where scope > scopes.scope) from scopes where scopes.scope is not null)
        select job.* from scopes cross join lateral (
          select ${COLUMNS} from ${pausedJobs}
          where scope = scopes.scope and queue <> all(${sql.param([...busyQueues])}::text[])
          order by paused_at limit ${limit}) as job
        where scopes.scope is not null and not exists (select from ${pauses} as pause where pause.scope = scopes.scope)
        limit ${limit}`);
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
