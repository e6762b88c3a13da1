import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { alerts, rateLimits } from "../schema/index.ts";

/** What a rule found: which rule, what it is about, and what a person should know of it. */
export type AlertCondition = { rule: string; subject: string; summary: string };

/** A trouble that a person should know of, from its beginning to its end. */
export type Alert = typeof alerts.$inferSelect;

/** Which of an alert's news. */
export type AlertState = "opened" | "closed";

/** The alerts, of which at most one per rule and subject is open. */
export type AlertStore = {
  /** Takes the next round of looking; false when a worker has taken one that is not over yet. */
  claimRound(now: Date, lengthMs: number): Promise<boolean>;
  /** The open ones, oldest first. */
  open(): Promise<Alert[]>;
  /** Opens those that are not open yet, and returns the ones that this call opened. */
  raise(troubles: readonly AlertCondition[], now: Date): Promise<Alert[]>;
  /** Closes open ones, and returns the ones that this call closed. */
  close(ids: readonly string[], now: Date): Promise<Alert[]>;
  /** Those whose opening or end the webhook has not taken, oldest first; none that ended more than a day ago. */
  untold(now: Date, limit: number): Promise<Alert[]>;
  /** The webhook took the news. */
  markTold(id: string, state: AlertState, now: Date): Promise<void>;
};

/** The one row that all workers take their rounds by. */
const ROUND = "alerts:round";

/** News older than this is none, in ms: a webhook that is set after months does not get the months. */
const NEWS_MS = 24 * 3_600_000;

/** {@link AlertStore} on the tables alerts and rate_limits. */
export function createAlerts({ orm }: Database, newId: NewId): AlertStore {
  return {
    async claimRound(now, lengthMs) {
      const usedUntil = new Date(now.getTime() + lengthMs);
      const claimed = await orm
        .insert(rateLimits)
        .values({ scope: ROUND, usedUntil })
        .onConflictDoUpdate({
          target: rateLimits.scope,
          set: { usedUntil },
          // A round that ends later than one from now would was taken by a worker whose clock is wrong.
          setWhere: sql`${lte(rateLimits.usedUntil, now)} or ${gt(rateLimits.usedUntil, usedUntil)}`,
        })
        .returning({ scope: rateLimits.scope });
      return claimed.length > 0;
    },
    open: () => orm.select().from(alerts).where(isNull(alerts.closedAt)).orderBy(asc(alerts.openedAt)),
    async raise(troubles, now) {
      if (troubles.length === 0) return [];
      return orm
        .insert(alerts)
        .values(troubles.map((trouble) => ({ id: newId(), ...trouble, openedAt: now })))
        .onConflictDoNothing()
        .returning();
    },
    async close(ids, now) {
      if (ids.length === 0) return [];
      return orm
        .update(alerts)
        .set({ closedAt: now })
        .where(and(inArray(alerts.id, [...ids]), isNull(alerts.closedAt)))
        .returning();
    },
    untold: (now, limit) =>
      orm
        .select()
        .from(alerts)
        .where(
          or(
            and(isNull(alerts.closedAt), isNull(alerts.openingNotifiedAt)),
            and(
              isNotNull(alerts.closedAt),
              gt(alerts.closedAt, new Date(now.getTime() - NEWS_MS)),
              isNull(alerts.closingNotifiedAt),
            ),
          ),
        )
        .orderBy(asc(alerts.openedAt))
        .limit(limit),
    async markTold(id, state, now) {
      await orm
        .update(alerts)
        .set(state === "opened" ? { openingNotifiedAt: now } : { closingNotifiedAt: now })
        .where(eq(alerts.id, id));
    },
  };
}
