import { and, eq, inArray, sql } from "drizzle-orm";
import {
  contentHash,
  type Fact,
  type FollowUp,
  type Handled,
  type InboundEvent,
  type NewId,
  type Outcome,
  type ScopePause,
} from "@millrace/core";
import { accountStore } from "../accounts/accounts.ts";
import type { Database, Executor } from "../connection/database.ts";
import { completeItems } from "../dead-letters/replay-items.ts";
import { appendDomainEvents } from "../domain-events/append.ts";
import { subscribedJobs } from "../domain-events/subscriptions.ts";
import { erasedEventId } from "../erasure/erased-values.ts";
import { applyFacts } from "../facts/apply-facts.ts";
import { tenantKey } from "../facts/threads.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";
import { type EventContext, eventContext, type InboxSettings, originOf } from "./event-context.ts";

/** Decides whether an event is new and writes its effects, both in one transaction. */
export type Inbox = {
  /** Whether the event has ended: its effects are committed, or an operator discarded it. */
  isDone(event: InboundEvent): Promise<boolean>;
  /**
   * Applies the facts of an event unless the event is done or discarded; then the result is `duplicate`. Resolves the
   * event's dead letter. Returns the follow-up jobs in both cases, so that jobs that a crashed worker did not enqueue are enqueued now.
   * @throws ProviderError when a fact cannot be applied; then nothing is written
   */
  applyOnce(event: InboundEvent, handled: Handled): Promise<AppliedEvent>;
  /** Returns the follow-up jobs of an event that is done, without those that have ended; none when it is not done. */
  followUpsOf(event: Pick<InboundEvent, "integration" | "id">): Promise<readonly FollowUp[]>;
};

/** The result of an event, its follow-up jobs, and the scopes that must pause. */
export type AppliedEvent = (Outcome | { result: "duplicate"; detail?: undefined }) & {
  followUps: readonly FollowUp[];
  pauses: readonly ScopePause[];
};

/** {@link Inbox} on the table webhook_events. */
export function createInbox(database: Database, newId: NewId, settings?: InboxSettings): Inbox {
  return {
    async isDone(event) {
      const [row] = await database.orm
        .select({ status: webhookEvents.status })
        .from(webhookEvents)
        .where(isEvent(event))
        .prepare("is_event_done")
        .execute();
      return row?.status === "done" || row?.status === "discarded";
    },
    followUpsOf: (event) => followUpsOf(database.orm, event),
    applyOnce(event, handled) {
      return database.orm.transaction((tx) => {
        const claiming = claim(tx, newId(), event);
        // The lookup of the tenants is pipelined with the claim in one round trip.
        const context = { ...eventContext(newId, settings, originOf(event)), tenants: tenantsOf(tx, handled.facts) };
        return applyClaimed(tx, context, event, claiming, () => applyFacts(tx, context, handled));
      });
    },
  };
}

/** An event's row in the inbox. */
export type ClaimedEvent = { id: string; wasDead: boolean; wasErased: boolean };

/**
 * Claims an event for this transaction. The unique key decides: a second transaction with the same event waits until the
 * first one ends. Resolves with undefined when the event is done or discarded.
 */
export async function claim(tx: Executor, id: string, event: InboundEvent): Promise<ClaimedEvent | undefined> {
  const [claimed] = await tx
    .insert(webhookEvents)
    .values({
      id,
      integration: event.integration,
      eventId: event.id,
      kind: event.kind,
      payloadHash: contentHash(event.payload),
      status: "done",
      result: "written",
      correlationId: event.correlationId,
      receivedAt: new Date(event.receivedAt),
    })
    .onConflictDoUpdate({
      target: [webhookEvents.integration, webhookEvents.eventId],
      // The reconciler finds events by the time of their ids, so a replayed event gets a new one.
      set: { id: sql`excluded.id`, status: "done", result: "written", error: null, updatedAt: sql`now()` },
      setWhere: eq(webhookEvents.status, "dead"),
    })
    .returning({ id: webhookEvents.id, wasDead: sql<boolean>`xmax <> 0`, wasErased: isErased(event) })
    .prepare("claim_event")
    .execute();
  return claimed;
}

/** Starts the lookup of the tenants of all accounts in the facts, by {@link tenantKey}. */
function tenantsOf(tx: Executor, facts: readonly Fact[]): Map<string, Promise<string>> {
  const tenants = new Map<string, Promise<string>>();
  for (const owner of facts.flatMap(ownersOf)) {
    if (tenants.has(tenantKey(owner))) continue;
    const lookup = accountStore(tx).tenantOf(owner);
    // An account without a tenant fails the fact that names it. An event that is done fails nothing.
    lookup.catch(() => undefined);
    tenants.set(tenantKey(owner), lookup);
  }
  return tenants;
}

function ownersOf(fact: Fact) {
  if ("owner" in fact && fact.owner) return [fact.owner];
  return "thread" in fact ? [fact.thread.owner] : [];
}

/**
 * Writes the effects of a claimed event, its domain events and its outcome.
 * @param work writes the effects
 */
export async function applyClaimed(
  tx: Executor,
  context: EventContext,
  event: InboundEvent,
  claiming: Promise<ClaimedEvent | undefined>,
  work: () => Promise<Outcome>,
): Promise<AppliedEvent> {
  const claimed = await claiming;
  if (!claimed) return { result: "duplicate", followUps: await followUpsOf(tx, event), pauses: [] };
  if (claimed.wasErased) {
    // Delete the row, because its event id contains data of an erased person.
    await tx.delete(webhookEvents).where(eq(webhookEvents.id, claimed.id));
    return { result: "duplicate", followUps: [], pauses: [] };
  }
  if (claimed.wasDead) await resolveDeadLetters(tx, event);

  const outcome = await work();
  const { domainEvents, pauses } = context;
  const followUps = [...context.followUps, ...subscribedJobs(context.subscribers, domainEvents)];
  await Promise.all([
    appendDomainEvents(tx, context.newId, domainEvents),
    complete(tx, claimed.id, event, outcome, followUps),
  ]);
  return { ...outcome, followUps, pauses };
}

/** Records the outcome and the follow-up jobs of an event. The row of a plain event has nothing to add. */
async function complete(
  tx: Executor,
  id: string,
  event: InboundEvent,
  outcome: Outcome,
  followUps: readonly FollowUp[],
): Promise<void> {
  if (outcome.result === "written" && outcome.detail === undefined && followUps.length === 0) return;
  await tx
    .update(webhookEvents)
    .set({
      result: outcome.result,
      detail: outcome.detail ?? null,
      payload: outcome.result === "written" ? null : event.payload,
      followUps: followUps.length > 0 ? followUps : null,
    })
    .where(eq(webhookEvents.id, id))
    .prepare("complete_event")
    .execute();
}

/**
 * A job that has ended is left out: the queue keeps completed jobs for an hour and dead ones for two weeks, and a job
 * that it has no more would run again, also one that an operator discarded.
 */
async function followUpsOf(tx: Executor, { integration, id }: Pick<InboundEvent, "integration" | "id">) {
  const rows = await tx.execute<{ job: FollowUp }>(sql`
    select job from millrace.webhook_events as event, jsonb_path_query(event.follow_ups, '$[*]') with ordinality as jobs (job, place)
    where event.integration = ${integration} and event.event_id = ${id} and not exists (
      select from millrace.webhook_events as ended
      where ended.integration = job ->> 'integration' and ended.event_id = job ->> 'id')
    order by place`);
  return rows.map(({ job }) => job);
}

async function resolveDeadLetters(tx: Executor, event: InboundEvent): Promise<void> {
  const resolved = await tx
    .update(deadLetters)
    .set({ state: "resolved", resolvedAt: sql`now()`, updatedAt: sql`now()` })
    .where(
      and(
        eq(deadLetters.integration, event.integration),
        eq(deadLetters.eventId, event.id),
        inArray(deadLetters.state, ["dead", "replaying"]),
      ),
    )
    .returning({ id: deadLetters.id });
  await completeItems(
    tx,
    resolved.map(({ id }) => id),
    "resolved",
  );
}

/** Whether the event was erased, as SQL. A part of the statement that claims an event, to save a round trip. */
function isErased({ integration, id }: InboundEvent) {
  return sql<boolean>`exists (select from millrace.webhook_events as erased
    where erased.integration = ${integration} and erased.event_id = ${erasedEventId(id)})`;
}

function isEvent(event: Pick<InboundEvent, "integration" | "id">) {
  return and(eq(webhookEvents.integration, event.integration), eq(webhookEvents.eventId, event.id));
}
