import { type SQL, sql } from "drizzle-orm";
import { type FollowUp, firstIdAt } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { PAGE, type Page, pageOf } from "./page.ts";

/** An event that is done, with those of its follow-up jobs that are not. */
export type PendingFollowUps = { id: string; correlationId: string; followUps: readonly FollowUp[] };

/** Finds events with follow-up jobs that have not ended: neither done nor dead nor discarded. */
export type FollowUpBacklog = {
  /**
   * Returns the events of a period by the time of their rows' ids. Jobs that send a message or run an AI turn are left
   * out, because the message and the turn have their own state.
   * @param after the id of the event after which the page begins
   */
  inPeriod(from: Date, until: Date, after?: string): Promise<Page<PendingFollowUps>>;
  /** Returns those of at most {@link PAGE} events that still have such jobs. */
  stillPending(ids: readonly string[]): Promise<PendingFollowUps[]>;
};

/** {@link FollowUpBacklog} on the table webhook_events. It reads the period by the primary key, which is a UUIDv7. */
export function createFollowUpBacklog({ orm }: Database): FollowUpBacklog {
  return {
    async inPeriod(from, until, after) {
      const begin = after === undefined ? sql`>= ${firstIdAt(from)}::uuid` : sql`> ${after}::uuid`;
      const rows = await orm.execute<PendingFollowUps>(
        pendingIn(sql`event.id ${begin} and event.id < ${firstIdAt(until)}::uuid`),
      );
      return pageOf(rows, ({ id }) => id);
    },
    async stillPending(ids) {
      if (ids.length === 0) return [];
      return orm.execute<PendingFollowUps>(pendingIn(sql`event.id = any(${sql.param([...ids])}::uuid[])`));
    },
  };
}

function pendingIn(range: SQL): SQL {
  return sql`
    select event.id, event.correlation_id as "correlationId", pending.jobs as "followUps"
    from millrace.webhook_events as event cross join lateral (
      select jsonb_agg(job) as jobs from jsonb_path_query(event.follow_ups, '$[*]') as job
      where job ->> 'kind' not in ('send', 'turn') and not exists (
        select from millrace.webhook_events as ended
        where ended.integration = job ->> 'integration' and ended.event_id = job ->> 'id')) as pending
    where ${range} and event.follow_ups is not null and pending.jobs is not null
    order by event.id limit ${PAGE}`;
}
