import { and, asc, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { FollowUp } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { databaseNow, later } from "../connection/database-clock.ts";
import { sendJob } from "../inbox/follow-up-jobs.ts";
import { messages, pausedJobs, pauses } from "../schema/index.ts";
import { PAGE, type Page, pageOf } from "./page.ts";

/** A message that is not sent yet, and the job that sends it. */
export type UnfinishedMessage = {
  channel: string;
  accountId: string;
  conversationId: string;
  createdAt: Date;
  /** The send slot that the platform's rate limits assigned; null if none did. */
  sendSlotAt: Date | null;
  /** Whether its job waits for a paused scope, or for its turn after the scope was resumed. */
  isPaused: boolean;
  job: FollowUp;
};

/** How old a message and its last attempt must be, in ms. */
export type MessageAge = { ageMs: number; attemptAgeMs: number };

/** Finds outbound messages that are not sent yet. */
export type UnfinishedMessages = {
  /**
   * Returns the first unfinished message of each conversation, if it is older than `ageMs` and its last attempt began
   * more than `attemptAgeMs` ago, by the database's clock. A worker may still be in a younger attempt.
   * @param after the conversation after which the page begins
   */
  firstOfConversations(age: MessageAge, after?: string): Promise<Page<UnfinishedMessage>>;
};

/** {@link UnfinishedMessages} on the table messages, by the index of its unsent rows. */
export function createUnfinishedMessages({ orm }: Database): UnfinishedMessages {
  return {
    async firstOfConversations({ ageMs, attemptAgeMs }, after) {
      const {
        id,
        channel,
        accountId,
        conversationId,
        createdAt,
        updatedAt,
        attemptedAt,
        sendSlotAt,
        expiresAt,
        status,
      } = messages;
      const first = orm
        .selectDistinctOn([conversationId], {
          id,
          channel,
          accountId,
          conversationId,
          createdAt,
          updatedAt,
          attemptedAt,
          sendSlotAt,
          expiresAt,
          isPaused: isPaused().as("is_paused"),
        })
        .from(messages)
        .where(and(inArray(status, ["queued", "sending"]), after === undefined ? undefined : gt(conversationId, after)))
        .orderBy(asc(conversationId), asc(messages.position))
        .as("first");
      const rows = await orm
        .select()
        .from(first)
        .where(
          and(
            sql`${first.createdAt} < ${later(databaseNow(), -ageMs)}`,
            // An attempt sets attempted_at by the worker's clock, and updated_at by the database's.
            or(isNull(first.attemptedAt), sql`${first.updatedAt} < ${later(databaseNow(), -attemptAgeMs)}`),
          ),
        )
        .orderBy(asc(first.conversationId))
        .limit(PAGE);
      const found = rows.map((row) => ({ ...row, job: sendJob(row) }));
      return pageOf(found, (row) => row.conversationId);
    },
  };
}

/** How long the jobs of a resumed scope may wait for their turn, as an interval. */
const LONGEST_RESUME = sql`interval '20 minutes'`;

function isPaused(): SQL<boolean> {
  const { channel, id } = messages;
  return sql<boolean>`exists (select from ${pausedJobs} as waiting
    where waiting.queue = ${channel} || '-outbound' and waiting.job_id = 'send.' || ${id}
      and (waiting.paused_at > now() - ${LONGEST_RESUME}
        or exists (select from ${pauses} as pause where pause.scope = waiting.scope)))`;
}
