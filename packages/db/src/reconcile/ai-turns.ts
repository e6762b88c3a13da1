import { and, asc, gt, inArray, sql } from "drizzle-orm";
import type { FollowUp } from "@millrace/core";
import { OPEN_TURN_STATES } from "../ai-turns/open-turn.ts";
import type { Database } from "../connection/database.ts";
import { databaseNow, later } from "../connection/database-clock.ts";
import { turnJob } from "../inbox/follow-up-jobs.ts";
import { aiTurns } from "../schema/index.ts";
import { PAGE, type Page, pageOf } from "./page.ts";

/** The integration that answers as the AI, and how long it may take, in ms. */
export type TurnOwner = { integration: string; answerTimeoutMs: number };

/**
 * Returns the jobs of open AI turns with a next step that is due within `withinMs`, by the database's clock: the dispatch,
 * the repetition of a dispatch that a worker did not complete, or the timeout of the answer. Each job runs at that time.
 * @param after the conversation after which the page begins
 */
export async function dueTurns(
  { orm }: Database,
  { integration, answerTimeoutMs }: TurnOwner,
  withinMs: number,
  after?: string,
): Promise<Page<{ conversationId: string; job: FollowUp }>> {
  const timeout = sql`case when ${aiTurns.dispatches} = 0 then 0 else ${answerTimeoutMs}::float8 end`;
  const due = sql<string>`case ${aiTurns.state} when 'debouncing' then ${aiTurns.dispatchAt}
    else ${aiTurns.dispatchedAt} + ${timeout} * interval '1 millisecond' end`;
  const rows = await orm
    .select({ id: aiTurns.id, conversationId: aiTurns.conversationId, due: due.as("due") })
    .from(aiTurns)
    .where(
      and(
        inArray(aiTurns.state, OPEN_TURN_STATES),
        after === undefined ? undefined : gt(aiTurns.conversationId, after),
        sql`${due} < ${later(databaseNow(), withinMs)}`,
      ),
    )
    .orderBy(asc(aiTurns.conversationId))
    .limit(PAGE);
  const found = rows.map(({ id, conversationId, due: at }) => ({
    conversationId,
    job: turnJob(integration, id, new Date(at)),
  }));
  return pageOf(found, (row) => row.conversationId);
}
