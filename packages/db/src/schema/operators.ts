import { sql } from "drizzle-orm";
import { check, index, jsonb, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** The operators who can sign in to the dashboard, besides the one in its environment. */
export const operators = millrace.table(
  "operators",
  {
    id: id(),
    name: text("name").notNull().unique(),
    /** A `viewer` can read, an `operator` can also change things. */
    role: text("role", { enum: ["viewer", "operator"] }).notNull(),
    /** Argon2id, as a PHC string. */
    passwordHash: text("password_hash").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [check("operators_role", sql`${table.role} in ('viewer', 'operator')`)],
);

/** The sessions of signed-in operators. The cookie contains the session's token, this table only its hash. */
export const operatorSessions = millrace.table(
  "operator_sessions",
  {
    tokenHash: text("token_hash").primaryKey(),
    /** Null for the operator from the environment. */
    operatorId: uuid("operator_id").references(() => operators.id, { onDelete: "cascade" }),
    /** Derived from the token and the password at sign-in, to detect a changed password. */
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

/** The actions of people on jobs, dead letters, conversations and settings, with their reasons. */
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
