import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { deadLetters } from "./inbox.ts";

/** Dead letters that are put back together: who asked for which, how fast, and how far it is. */
export const replays = millrace.table(
  "replays",
  {
    id: id(),
    /** `stopped`: by itself, because too many died again. */
    state: text("state", { enum: ["running", "done", "stopped", "cancelled"] }).notNull(),
    actor: text("actor").notNull(),
    reason: text("reason"),
    selection: jsonb("selection").notNull(),
    /** Most of them in a second. */
    rate: integer("rate").notNull(),
    total: integer("total").notNull(),
    /** Why it stopped. */
    detail: text("detail"),
    /** When letters of it were put back last: the pace is kept by it, whichever worker comes next. */
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

/** The dead letters of a replay, each with what has become of it there. */
export const replayItems = millrace.table(
  "replay_items",
  {
    replayId: uuid("replay_id")
      .notNull()
      .references(() => replays.id, { onDelete: "cascade" }),
    deadLetterId: uuid("dead_letter_id")
      .notNull()
      .references(() => deadLetters.id, { onDelete: "cascade" }),
    /** `left`: not put back, because the replay ended first or the letter was no longer dead; or its contact was erased. */
    state: text("state", { enum: ["waiting", "replaying", "resolved", "dead", "skipped"] }).notNull(),
    /** When its job was last seen to be in the queue, or put there. */
    checkedAt: time("checked_at"),
    completedAt: time("completed_at"),
  },
  (table) => [
    primaryKey({ columns: [table.replayId, table.deadLetterId] }),
    // Carries "replayed once, however many ask for it at the same time".
    uniqueIndex("replay_items_active")
      .on(table.deadLetterId)
      .where(sql`${table.state} in ('waiting', 'replaying')`),
    index("replay_items_dead_letter_id").on(table.deadLetterId),
    index("replay_items_state").on(table.replayId, table.state, table.deadLetterId),
    index("replay_items_completed").on(table.replayId, table.completedAt),
    check("replay_items_state", sql`${table.state} in ('waiting', 'replaying', 'resolved', 'dead', 'skipped')`),
  ],
);
