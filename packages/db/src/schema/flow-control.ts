import { text } from "drizzle-orm/pg-core";
import { createdAt, time } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** Scopes without calls for now: a rate-limited one until a time, a paused account until a probe call succeeds. */
export const pauses = millrace.table("pauses", {
  scope: text("scope").primaryKey(),
  kind: text("kind", { enum: ["rate_limited", "paused"] }).notNull(),
  reason: text("reason").notNull(),
  /** When the scope's jobs resume (rate_limited), or when the next probe runs (paused). */
  until: time("until").notNull(),
  createdAt: createdAt(),
});

/** The usage of each rate limit, shared by all workers. */
export const rateLimits = millrace.table("rate_limits", {
  scope: text("scope").primaryKey(),
  /** The theoretical arrival time of the generic cell rate algorithm. */
  usedUntil: time("used_until").notNull(),
});
