import { and, asc, eq, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { pausedJobs } from "../schema/index.ts";
import type { PersonalDataMatcher } from "./personal-data-matcher.ts";
import { PAGE } from "./row-eraser.ts";

/**
 * Deletes the rows of waiting jobs with an id that contains a name. The erasure removes most of these jobs themselves;
 * one that remains checks its scope without the row.
 */
export async function erasePausedJobs(orm: Executor, { containsName }: PersonalDataMatcher): Promise<void> {
  const { queue, jobId } = pausedJobs;
  for (let after = { queue: "", jobId: "" }; ;) {
    const rows = await orm
      .select({ queue, jobId })
      .from(pausedJobs)
      .where(sql`(${queue}, ${jobId}) > (${after.queue}, ${after.jobId})`)
      .orderBy(asc(queue), asc(jobId))
      .limit(PAGE);
    for (const row of rows.filter((each) => containsName(each.jobId)))
      await orm.delete(pausedJobs).where(and(eq(queue, row.queue), eq(jobId, row.jobId)));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last;
  }
}
