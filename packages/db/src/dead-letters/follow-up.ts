import { and, asc, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { ExhaustedJob } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { PAGE, type Page, pageOf } from "../reconcile/page.ts";
import { deadLetters } from "../schema/index.ts";

/** What follows from dead letters: their event's follow-up jobs and the next message of the conversation. */
export type DeadLetterFollowUps = {
  /** Records that everything that follows from this failure has happened. A later failure of the job stays open. */
  complete(job: Pick<ExhaustedJob, "queue" | "jobId" | "failedAt">): Promise<void>;
  /**
   * Returns the jobs with a failure before a time that is not followed up, earliest failure first.
   * @param after the dead letter after which the page begins
   */
  open(before: Date, after?: string): Promise<Page<ExhaustedJob>>;
};

/** {@link DeadLetterFollowUps} on the table dead_letters. */
export function createDeadLetterFollowUps({ orm }: Database): DeadLetterFollowUps {
  return {
    async complete({ queue, jobId, failedAt }) {
      await orm
        .update(deadLetters)
        .set({ followedUpAt: sql`now()` })
        .where(and(eq(deadLetters.queue, queue), eq(deadLetters.jobId, jobId), eq(deadLetters.failedAt, failedAt)));
    },
    async open(before, after) {
      const rows = await orm
        .select()
        .from(deadLetters)
        .where(
          and(
            isNull(deadLetters.followedUpAt),
            lt(deadLetters.failedAt, before),
            after === undefined ? undefined : isAfter(after),
          ),
        )
        .orderBy(asc(deadLetters.failedAt), asc(deadLetters.id))
        .limit(PAGE);
      const { rows: page, next } = pageOf(rows, ({ id }) => id);
      return { rows: page.map(({ account, ...row }) => ({ ...row, account: account ?? undefined })), next };
    },
  };

  function isAfter(id: string) {
    const failedAt = sql`(select failed_at from millrace.dead_letters where id = ${id}::uuid)`;
    return or(
      sql`${deadLetters.failedAt} > ${failedAt}`,
      and(sql`${deadLetters.failedAt} = ${failedAt}`, gt(deadLetters.id, id)),
    );
  }
}
