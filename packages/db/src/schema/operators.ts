import { sql } from "drizzle-orm";
import { check, index, jsonb, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** Who may sign in to the dashboard, besides the one that its environment names. */
export const operators = millrace.table(
  "operators",
  {
    id: id(),
    name: text("name").notNull().unique(),
    /** A `viewer` looks, an `operator` changes things. */
    role: text("role", { enum: ["viewer", "operator"] }).notNull(),
    /** Argon2id, as a PHC string. */
    passwordHash: text("password_hash").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [check("operators_role", sql`${table.role} in ('viewer', 'operator')`)],
);

/** Who is signed in. The cookie holds the session's token, this table only its hash. */
export const operatorSessions = millrace.table(
  "operator_sessions",
  {
    tokenHash: text("token_hash").primaryKey(),
    /** Null for the operator of the environment. */
    operatorId: uuid("operator_id").references(() => operators.id, { onDelete: "cascade" }),
    /** Tells by the session's token whether the password is still the one that was signed in with. */
    passwordTag: text("password_tag"),
    createdAt: createdAt(),
    usedAt: time("used_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    index("operator_sessions_operator_id").on(table.operatorId),
    index("operator_sessions_expires_at").on(table.expiresAt),
  ],
);

/** Who did what, and why, to jobs, dead letters and conversations. */
export const auditLog = millrace.table(
  "audit_log",
  {
    id: id(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    reason: text("reason"),
    before: jsonb("before"),
    after: jsonb("after"),
    createdAt: createdAt(),
  },
  (table) => [index("audit_log_subject").on(table.subject)],
);

/** What a person should know of, opened once and closed when it is over. */
export const alerts = millrace.table(
  "alerts",
  {
    id: id(),
    /** Which rule, and what it is about: a queue, an account, a kind of error. */
    rule: text("rule").notNull(),
    subject: text("subject").notNull(),
    summary: text("summary").notNull(),
    openedAt: time("opened_at").notNull(),
    closedAt: time("closed_at"),
    /** When the webhook took the news of its opening, and of its end. */
    openingNotifiedAt: time("opening_notified_at"),
    closingNotifiedAt: time("closing_notified_at"),
  },
  (table) => [
    // Carries "opened once", whichever worker sees it first.
    uniqueIndex("alerts_open")
      .on(table.rule, table.subject)
      .where(sql`${table.closedAt} is null`),
    index("alerts_opened_at").on(table.openedAt),
  ],
);
