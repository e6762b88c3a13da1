import { index, integer, primaryKey, text } from "drizzle-orm/pg-core";
import { createdAt, time } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** Scopes without calls for now, until a probe call succeeds. */
export const pauses = millrace.table("pauses", {
  scope: text("scope").primaryKey(),
  /** Why it waits: see packages/core's Pause. */
  kind: text("kind", { enum: ["rate_limited", "paused", "unavailable"] }).notNull(),
  reason: text("reason").notNull(),
  /** When the next probe may run. */
  until: time("until").notNull(),
  /** How many probes have begun. The interval between the probes of an unavailable scope grows with it. */
  probes: integer("probes").notNull().default(0),
  createdAt: createdAt(),
});

/** Jobs that wait in their queue because a scope is paused, so that they can be promoted one by one. */
export const pausedJobs = millrace.table(
  "paused_jobs",
  {
    queue: text("queue").notNull(),
    jobId: text("job_id").notNull(),
    scope: text("scope").notNull(),
    pausedAt: time("paused_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.queue, table.jobId] }),
    index("paused_jobs_scope").on(table.scope, table.pausedAt),
  ],
);

/** Work that one worker does at a time, and which worker holds it until when, by the database's clock. */
export const leases = millrace.table("leases", {
  name: text("name").primaryKey(),
  holder: text("holder").notNull(),
  expiresAt: time("expires_at").notNull(),
});

/** The usage of each rate limit, shared by all workers. */
export const rateLimits = millrace.table("rate_limits", {
  scope: text("scope").primaryKey(),
  /** The theoretical arrival time of the generic cell rate algorithm. */
  usedUntil: time("used_until").notNull(),
});
