import { sql } from "drizzle-orm";
import { check, index, integer, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { conversations } from "./conversations.ts";
import { tenants } from "./accounts.ts";

/** A question to the AI about the messages since the last one, and its answer. */
export const aiTurns = millrace.table(
  "ai_turns",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id),
    /** The conversation's epoch when the turn was opened. */
    epoch: integer("epoch").notNull(),
    /**
     * `debouncing` while more messages may follow, `awaiting_reply` after dispatch, `answered`, `superseded` by a new
     * message, `taken_over` by a person, `failed` without an answer.
     */
    state: text("state", {
      enum: ["debouncing", "awaiting_reply", "answered", "superseded", "taken_over", "failed"],
    }).notNull(),
    reason: text("reason", { enum: ["message", "hand_back"] }).notNull(),
    openedAt: time("opened_at").notNull(),
    /** The earliest dispatch; every message delays it, up to the cap. */
    dispatchAt: time("dispatch_at").notNull(),
    /** How often the AI's integration accepted the question, and when it did last. */
    dispatches: integer("dispatches").notNull().default(0),
    dispatchedAt: time("dispatched_at"),
    endedAt: time("ended_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Guarantees one open turn per conversation, also with concurrent workers.
    uniqueIndex("ai_turns_open")
      .on(table.conversationId)
      .where(sql`${table.state} in ('debouncing', 'awaiting_reply')`),
    index("ai_turns_conversation_id").on(table.conversationId),
    index("ai_turns_tenant_id").on(table.tenantId),
    check(
      "ai_turns_state",
      sql`${table.state} in ('debouncing', 'awaiting_reply', 'answered', 'superseded', 'taken_over', 'failed')`,
    ),
    check("ai_turns_reason", sql`${table.reason} in ('message', 'hand_back')`),
  ],
);
