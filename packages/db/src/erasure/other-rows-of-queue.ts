import { and, asc, eq, gt, sql } from "drizzle-orm";
import { contentHash } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { discardEvents } from "../dead-letters/discard-events.ts";
import { skipItems } from "../dead-letters/replay-items.ts";
import { auditLog, deadLetters, replays, webhookEvents } from "../schema/index.ts";
import { ERASED, erasedEventId } from "./erased-values.ts";
import type { MatchableJob } from "./jobs-about-contact.ts";
import type { PersonalDataMatcher } from "./personal-data-matcher.ts";
import { isAny, PAGE, type RowEraser } from "./row-eraser.ts";
import type { ErasureScope } from "./scope.ts";

/** Erases payloads and follow-up jobs of events, and event ids that contain a name. */
export function webhookEventRows(
  orm: Executor,
  { contains, containsName }: PersonalDataMatcher,
): RowEraser<typeof webhookEvents.$inferSelect> {
  return {
    read: (after) =>
      orm.select().from(webhookEvents).where(gt(webhookEvents.id, after)).orderBy(asc(webhookEvents.id)).limit(PAGE),
    erase({ id, integration, eventId, payload, followUps, detail, error }) {
      const hasName = containsName(eventId);
      const erasedId = erasedEventId(eventId);
      const set = {
        ...(contains(payload, integration) ? { payload: ERASED, payloadHash: contentHash(ERASED) } : {}),
        ...(contains(followUps) ? { followUps: null } : {}),
        ...(hasName ? { eventId: erasedId } : {}),
        ...(contains(detail) ? { detail: null } : {}),
        ...(contains(error) ? { error: null } : {}),
      };
      if (!isAny(set)) return undefined;
      return async (tx) => {
        const isErasedBefore = and(eq(webhookEvents.integration, integration), eq(webhookEvents.eventId, erasedId));
        // A redelivery that is dead since the last erasure: delete the row that holds the erased event id.
        if (hasName) await tx.delete(webhookEvents).where(isErasedBefore);
        await tx.update(webhookEvents).set(set).where(eq(webhookEvents.id, id));
      };
    },
  };
}

/** Erases the dead letters of jobs about the person, and discards those that are not resolved. */
export function deadLetterRows(
  orm: Executor,
  { containsName }: PersonalDataMatcher,
  isAbout: (job: MatchableJob) => boolean,
  { tenantId }: ErasureScope,
): RowEraser<typeof deadLetters.$inferSelect> {
  return {
    read: (after) =>
      orm.select().from(deadLetters).where(gt(deadLetters.id, after)).orderBy(asc(deadLetters.id)).limit(PAGE),
    erase(row) {
      const isOfOthers = row.tenantId !== null && row.tenantId !== tenantId;
      const { id, integration, account, eventId, jobId, payload } = row;
      const job = { integration, account: account ?? undefined, ids: [eventId, jobId], payload, isCompleted: false };
      if (isOfOthers || !isAbout(job)) return undefined;
      const isOpen = row.state === "dead" || row.state === "replaying";
      const set = {
        payload: ERASED,
        payloadHash: contentHash(ERASED),
        history: [],
        error: "the contact was erased",
        updatedAt: sql`now()`,
        ...(containsName(eventId) ? { eventId: erasedEventId(eventId) } : {}),
        ...(containsName(jobId) ? { jobId: `erased.${id}` } : {}),
        ...(isOpen ? { state: "discarded" as const, resolvedAt: sql`now()` } : {}),
      };
      return async (tx) => {
        await tx.update(deadLetters).set(set).where(eq(deadLetters.id, id));
        if (isOpen) await discardEvents(tx, [id]);
        await skipItems(tx, id);
        await tx.update(auditLog).set({ reason: null }).where(eq(auditLog.subject, id));
        const isOnlyItem = sql`${replays.selection} -> 'ids' = ${JSON.stringify([id])}::jsonb`;
        await tx.update(replays).set({ reason: null }).where(isOnlyItem);
      };
    },
  };
}
