import { sql } from "drizzle-orm";
import { check, index, integer, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { conversations } from "./conversations.ts";
import { tenants } from "./accounts.ts";

/** A question to the AI: what was said since the last one, and what became of it. */
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
    /** The conversation's epoch when it was opened. */
    epoch: integer("epoch").notNull(),
    /**
     * `gathering` until nothing more comes for a moment, `asked` while the AI thinks, `answered`, `superseded` by a new
     * message, `taken_over` by a person, `failed` when no answer came.
     */
    state: text("state", {
      enum: ["debouncing", "awaiting_reply", "answered", "superseded", "taken_over", "failed"],
    }).notNull(),
    reason: text("reason", { enum: ["message", "hand_back"] }).notNull(),
    openedAt: time("opened_at").notNull(),
    /** When it is asked at the earliest; every message moves it on, up to the cap. */
    dispatchAt: time("dispatch_at").notNull(),
    /** How often it was accepted by the AI's side, and when last. */
    dispatches: integer("dispatches").notNull().default(0),
    dispatchedAt: time("dispatched_at"),
    endedAt: time("ended_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Carries "one open question per conversation", whatever workers see at the same moment.
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
