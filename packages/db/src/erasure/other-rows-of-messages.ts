import { and, asc, eq, gt, inArray } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { applyChanges } from "../messages/changes.ts";
import { messageChanges, messages, messageStatuses } from "../schema/index.ts";
import { ERASED } from "./erased-values.ts";
import type { PersonalDataMatcher } from "./personal-data-matcher.ts";
import { isAny, PAGE, type RowEraser } from "./row-eraser.ts";
import type { ErasureScope } from "./scope.ts";

/** Erases participants and payloads of statuses of other messages. */
export function messageStatusRows(
  orm: Executor,
  { contains, containsName }: PersonalDataMatcher,
  { ids }: ErasureScope,
): RowEraser<typeof messageStatuses.$inferSelect> {
  const ownIds = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(messageStatuses)
        .where(gt(messageStatuses.id, after))
        .orderBy(asc(messageStatuses.id))
        .limit(PAGE),
    erase({ id, channel, externalId, participant, payload }) {
      // True only in a dry run, which counts this row with its message.
      if (ownIds.has(externalId)) return undefined;
      const set = {
        ...(containsName(participant) ? { participant: `erased/${id}` } : {}),
        ...(contains(payload, channel) ? { payload: ERASED } : {}),
        ...(containsName(externalId) ? { externalId: `erased/${id}` } : {}),
      };
      return isAny(set) && ((tx) => tx.update(messageStatuses).set(set).where(eq(messageStatuses.id, id)));
    },
  };
}

/** Erases the person as the actor of changes. Reactions to messages of others stay, without an owner. */
export function messageChangeRows(
  orm: Executor,
  { contains, containsName }: PersonalDataMatcher,
  { ids }: ErasureScope,
): RowEraser<typeof messageChanges.$inferSelect> {
  const ownIds = new Set(ids);
  return {
    read: (after) =>
      orm.select().from(messageChanges).where(gt(messageChanges.id, after)).orderBy(asc(messageChanges.id)).limit(PAGE),
    erase({ id, channel, accountId, externalId, changeId, actor, payload }) {
      if (ownIds.has(externalId)) return undefined;
      const isActor = actor !== null && containsName(actor);
      const set = {
        ...(isActor ? { actor: `erased/${id}` } : {}),
        ...(contains(payload, channel) ? { payload: ERASED } : {}),
        ...(containsName(changeId) ? { changeId: `erased/${id}` } : {}),
        ...(containsName(externalId) ? { externalId: `erased/${id}`, body: null } : {}),
      };
      if (!isAny(set)) return undefined;
      return async (tx) => {
        await tx.update(messageChanges).set(set).where(eq(messageChanges.id, id));
        if (isActor) await applyChanges(tx, { channel, accountId, externalId });
      };
    },
  };
}

/** Erases the fields that quote or name the person in messages of others in groups. */
export function quotingMessageRows(
  orm: Executor,
  { contains }: PersonalDataMatcher,
  { ids, groups, called }: ErasureScope,
): RowEraser<typeof messages.$inferSelect> {
  const ownIds = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(messages)
        .where(and(gt(messages.id, after), inArray(messages.conversationId, [...groups])))
        .orderBy(asc(messages.id))
        .limit(PAGE),
    erase({ id, channel, payload, body }) {
      if (ownIds.has(id) || !contains(payload, channel)) return undefined;
      const kept = Object.entries(payload as object).filter(([field, value]) => !contains({ [field]: value }, channel));
      const set = {
        payload: Object.fromEntries(kept) as unknown,
        body: called.reduce((text, name) => text?.replaceAll(name, "…") ?? null, body),
      };
      return (tx) => tx.update(messages).set(set).where(eq(messages.id, id));
    },
  };
}
