import { sql } from "drizzle-orm";
import { index, text, uniqueIndex } from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** Conditions that an operator should know of, each from its opening to its end. */
export const alerts = millrace.table(
  "alerts",
  {
    id: id(),
    /** The rule, and its subject: a queue, an account, an error. */
    rule: text("rule").notNull(),
    subject: text("subject").notNull(),
    summary: text("summary").notNull(),
    openedAt: time("opened_at").notNull(),
    closedAt: time("closed_at"),
    /** When the webhook accepted the notification of the opening, and of the end. */
    openingNotifiedAt: time("opening_notified_at"),
    closingNotifiedAt: time("closing_notified_at"),
  },
  (table) => [
    // Guarantees one open alert per rule and subject, also with concurrent workers.
    uniqueIndex("alerts_open")
      .on(table.rule, table.subject)
      .where(sql`${table.closedAt} is null`),
    index("alerts_opened_at").on(table.openedAt),
  ],
);
