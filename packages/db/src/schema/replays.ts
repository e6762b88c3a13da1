import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { deadLetters } from "./dead-letters.ts";

/** Replays: a selection of dead letters that are requeued at a limited rate. */
export const replays = millrace.table(
  "replays",
  {
    id: id(),
    /** `stopped`: ended by the replay scheduler, because too many jobs failed again. */
    state: text("state", { enum: ["running", "done", "stopped", "cancelled"] }).notNull(),
    actor: text("actor").notNull(),
    reason: text("reason"),
    selection: jsonb("selection").notNull(),
    /** The most dead letters that are requeued per second. */
    rate: integer("rate").notNull(),
    total: integer("total").notNull(),
    /** Why the replay stopped. */
    detail: text("detail"),
    /** Until when the rate is used up, so that all workers together keep it. */
    releasedAt: time("released_at"),
    createdAt: createdAt(),
    endedAt: time("ended_at"),
  },
  (table) => [
    index("replays_running")
      .on(table.id)
      .where(sql`${table.state} = 'running'`),
    check("replays_state", sql`${table.state} in ('running', 'done', 'stopped', 'cancelled')`),
  ],
);

/** The dead letters of a replay, each with its result there. */
export const replayItems = millrace.table(
  "replay_items",
  {
    replayId: uuid("replay_id")
      .notNull()
      .references(() => replays.id, { onDelete: "cascade" }),
    deadLetterId: uuid("dead_letter_id")
      .notNull()
      .references(() => deadLetters.id, { onDelete: "cascade" }),
    /** `skipped`: not requeued, because the replay ended first, or the dead letter was no longer dead or was erased. */
    state: text("state", { enum: ["waiting", "replaying", "resolved", "dead", "skipped"] }).notNull(),
    /** When its job was requeued, or last found in the queue. */
    checkedAt: time("checked_at"),
    completedAt: time("completed_at"),
  },
  (table) => [
    primaryKey({ columns: [table.replayId, table.deadLetterId] }),
    // Guarantees that one replay at a time contains a dead letter, also with concurrent operators.
    uniqueIndex("replay_items_active")
      .on(table.deadLetterId)
      .where(sql`${table.state} in ('waiting', 'replaying')`),
    index("replay_items_dead_letter_id").on(table.deadLetterId),
    index("replay_items_state").on(table.replayId, table.state, table.deadLetterId),
    index("replay_items_completed").on(table.replayId, table.completedAt),
    check("replay_items_state", sql`${table.state} in ('waiting', 'replaying', 'resolved', 'dead', 'skipped')`),
  ],
);
