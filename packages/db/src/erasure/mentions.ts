import { and, asc, eq, gt, inArray, ne, sql } from "drizzle-orm";
import { contentHash, type DeadLetterSelection, type MessageKey } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import {
  deadLetters,
  messageChanges,
  messages,
  messageStatuses,
  auditLog,
  replays,
  webhookEvents,
} from "../schema/index.ts";
import type { LeftToErase } from "./contact.ts";
import { jobsAboutContact, type MatchableJob } from "./jobs-about-contact.ts";
import { ERASED, erasedEventId, type Matcher, matcherOf, type RowCounts } from "./personal-data-matcher.ts";
import { applyChanges } from "../messages/changes.ts";
import { skipItems } from "../dead-letters/replays.ts";

/** The action by which an erasure is written down, whose row holds what is left to do. */
export const ERASURE = "contact.erased";

/** Rows read at a time. */
const PAGE = 1_000;

/** A table that may tell of the person, and what is made of a row that does. */
type Place<Row extends { id: string }> = {
  read(after: string): Promise<Row[]>;
  /** Undefined for a row that does not. */
  erase(row: Row): ((tx: Executor) => Promise<unknown>) | undefined;
};

/**
 * Empties what else tells of a person: kept payloads, dead letters, what operators did, what was told of messages, and
 * quotations in groups. Goes through the tables page by page and holds nothing, so that it may take its time; repeating
 * it does no harm.
 */
export async function eraseMentions({ orm }: Database, left: LeftToErase, dryRun: boolean): Promise<RowCounts> {
  const matcher = matcherOf(left);
  const isAbout = await jobsAboutContact(orm, left);
  return {
    webhook_events: await goThrough(orm, events(orm, matcher), dryRun),
    // Before the letters, with which the reasons of what was done to them go: those are counted here.
    audit_log: await goThrough(orm, actions(orm, matcher, left), dryRun),
    replays: await goThrough(orm, asked(orm, matcher), dryRun),
    dead_letters: await goThrough(orm, letters(orm, matcher, isAbout, left), dryRun),
    message_statuses: await goThrough(orm, statuses(orm, matcher, left), dryRun),
    message_changes: await goThrough(orm, changes(orm, matcher, left), dryRun),
    messages: await goThrough(orm, quotations(orm, matcher, left), dryRun),
  };
}

async function goThrough<Row extends { id: string }>(
  orm: Database["orm"],
  place: Place<Row>,
  dryRun: boolean,
): Promise<number> {
  let erased = 0;
  for (let after = "00000000-0000-0000-0000-000000000000"; ;) {
    const rows = await place.read(after);
    for (const row of rows) {
      const erase = place.erase(row);
      if (!erase) continue;
      if (!dryRun) await orm.transaction(erase);
      erased += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return erased;
    after = last.id;
  }
}

function events(orm: Executor, { mentions, names }: Matcher): Place<typeof webhookEvents.$inferSelect> {
  return {
    read: (after) =>
      orm.select().from(webhookEvents).where(gt(webhookEvents.id, after)).orderBy(asc(webhookEvents.id)).limit(PAGE),
    erase({ id, integration, eventId, payload, followUps, detail, error }) {
      const isNamed = names(eventId);
      const erasedId = erasedEventId(eventId);
      const set = {
        ...(mentions(payload) ? { payload: ERASED, payloadHash: contentHash(ERASED) } : {}),
        ...(mentions(followUps) ? { followUps: null } : {}),
        ...(isNamed ? { eventId: erasedId } : {}),
        ...(mentions(detail) ? { detail: null } : {}),
        ...(mentions(error) ? { error: null } : {}),
      };
      if (!any(set)) return undefined;
      return async (tx) => {
        const isEarlier = and(eq(webhookEvents.integration, integration), eq(webhookEvents.eventId, erasedId));
        // One that came again and died since, which its erased row did not keep from being written down.
        if (isNamed) await tx.delete(webhookEvents).where(isEarlier);
        await tx.update(webhookEvents).set(set).where(eq(webhookEvents.id, id));
      };
    },
  };
}

/** One that is not settled is discarded with it: there is nothing left to be done again. */
function letters(
  orm: Executor,
  { names }: Matcher,
  isAbout: (job: MatchableJob) => boolean,
  { tenantId }: LeftToErase,
): Place<typeof deadLetters.$inferSelect> {
  return {
    read: (after) =>
      orm.select().from(deadLetters).where(gt(deadLetters.id, after)).orderBy(asc(deadLetters.id)).limit(PAGE),
    erase(letter) {
      const isOthers = letter.tenantId !== null && letter.tenantId !== tenantId;
      const { id, integration, account, eventId, jobId, payload } = letter;
      const job = { integration, account: account ?? undefined, ids: [eventId, jobId], payload, isOver: false };
      if (isOthers || !isAbout(job)) return undefined;
      const isOpen = letter.state === "dead" || letter.state === "replaying";
      const set = {
        payload: ERASED,
        payloadHash: contentHash(ERASED),
        history: [],
        error: "the contact was erased",
        updatedAt: sql`now()`,
        ...(names(eventId) ? { eventId: erasedEventId(eventId) } : {}),
        ...(names(jobId) ? { jobId: `erased.${id}` } : {}),
        ...(isOpen ? { state: "discarded" as const, resolvedAt: sql`now()` } : {}),
      };
      return async (tx) => {
        await tx.update(deadLetters).set(set).where(eq(deadLetters.id, id));
        await skipItems(tx, id);
        await tx.update(auditLog).set({ reason: null }).where(eq(auditLog.subject, id));
        const isItsOwn = sql`${replays.selection} -> 'ids' = ${JSON.stringify([id])}::jsonb`;
        await tx.update(replays).set({ reason: null }).where(isItsOwn);
      };
    },
  };
}

function actions(
  orm: Executor,
  { mentions, names }: Matcher,
  { ids }: LeftToErase,
): Place<typeof auditLog.$inferSelect> {
  const theirs = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(auditLog)
        .where(and(gt(auditLog.id, after), ne(auditLog.action, ERASURE)))
        .orderBy(asc(auditLog.id))
        .limit(PAGE),
    erase({ id, subject, reason, before, after }) {
      const set = {
        ...(mentions(before) ? { before: ERASED } : {}),
        ...(mentions(after) ? { after: ERASED } : {}),
        ...(names(subject) ? { subject: "erased" } : {}),
        ...(reason !== null && (theirs.has(subject) || names(reason)) ? { reason: null } : {}),
      };
      return any(set) && ((tx) => tx.update(auditLog).set(set).where(eq(auditLog.id, id)));
    },
  };
}

/** What replays were asked for; their letters are known already. */
function asked(orm: Executor, { names }: Matcher): Place<typeof replays.$inferSelect> {
  return {
    read: (after) => orm.select().from(replays).where(gt(replays.id, after)).orderBy(asc(replays.id)).limit(PAGE),
    erase({ id, selection, reason }) {
      const { text } = selection as DeadLetterSelection;
      const set = {
        ...(text !== undefined && names(text) ? { selection: { ...(selection as object), text: "erased" } } : {}),
        ...(reason !== null && names(reason) ? { reason: null } : {}),
      };
      return any(set) && ((tx) => tx.update(replays).set(set).where(eq(replays.id, id)));
    },
  };
}

function statuses(
  orm: Executor,
  { mentions, names }: Matcher,
  { ids }: LeftToErase,
): Place<typeof messageStatuses.$inferSelect> {
  const theirs = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(messageStatuses)
        .where(gt(messageStatuses.id, after))
        .orderBy(asc(messageStatuses.id))
        .limit(PAGE),
    erase({ id, externalId, participant, payload }) {
      // Only in a dry run, which has counted it with its message.
      if (theirs.has(externalId)) return undefined;
      const set = {
        ...(names(participant) ? { participant: `erased/${id}` } : {}),
        ...(mentions(payload) ? { payload: ERASED } : {}),
        ...(names(externalId) ? { externalId: `erased/${id}` } : {}),
      };
      return any(set) && ((tx) => tx.update(messageStatuses).set(set).where(eq(messageStatuses.id, id)));
    },
  };
}

/** Their reactions stay on what others wrote, and nobody's. */
function changes(
  orm: Executor,
  { mentions, names }: Matcher,
  { ids }: LeftToErase,
): Place<typeof messageChanges.$inferSelect> {
  const theirs = new Set(ids);
  return {
    read: (after) =>
      orm.select().from(messageChanges).where(gt(messageChanges.id, after)).orderBy(asc(messageChanges.id)).limit(PAGE),
    erase({ id, channel, accountId, externalId, changeId, actor, payload }) {
      if (theirs.has(externalId)) return undefined;
      const isTheirs = actor !== null && names(actor);
      const set = {
        ...(isTheirs ? { actor: `erased/${id}` } : {}),
        ...(mentions(payload) ? { payload: ERASED } : {}),
        ...(names(changeId) ? { changeId: `erased/${id}` } : {}),
        ...(names(externalId) ? { externalId: `erased/${id}`, body: null } : {}),
      };
      if (!any(set)) return undefined;
      return async (tx) => {
        await tx.update(messageChanges).set(set).where(eq(messageChanges.id, id));
        if (isTheirs) await applyChanges(tx, { channel, accountId, externalId } as MessageKey);
      };
    },
  };
}

/** Of what others wrote in a group only the part that quotes or names the person goes. */
function quotations(
  orm: Executor,
  { mentions }: Matcher,
  { ids, groups, called }: LeftToErase,
): Place<typeof messages.$inferSelect> {
  const theirs = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(messages)
        .where(and(gt(messages.id, after), inArray(messages.conversationId, [...groups])))
        .orderBy(asc(messages.id))
        .limit(PAGE),
    erase({ id, payload, body }) {
      if (theirs.has(id) || !mentions(payload)) return undefined;
      const parts = Object.entries(payload as object).filter(([field, part]) => !mentions({ [field]: part }));
      const set = {
        payload: Object.fromEntries(parts) as unknown,
        body: called.reduce((text, name) => text?.replaceAll(name, "…") ?? null, body),
      };
      return (tx) => tx.update(messages).set(set).where(eq(messages.id, id));
    },
  };
}

function any(set: object): true | undefined {
  return Object.keys(set).length > 0 || undefined;
}
