import { and, eq, inArray, sql } from "drizzle-orm";
import {
  contentHash,
  type FollowUp,
  type InboundEvent,
  type NewId,
  type Outcome,
  type Stores,
  type Write,
} from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";
import { contactStore } from "../contacts/contacts.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { conversionStore } from "../conversions/conversions.ts";
import { erasedEventId } from "../erasure/erased-values.ts";
import { type EventContext, eventContext, type FollowUpSettings } from "./event-context.ts";
import { leadStore } from "../leads/leads.ts";
import { messageStore } from "../messages/messages.ts";
import { outboxStore } from "../messages/outbox.ts";
import { completeItems } from "../dead-letters/replay-items.ts";
import { accountStore, tenantStore } from "../accounts/accounts.ts";
import { aiTurnStore } from "../ai-turns/answers.ts";

/** Decides whether an event is new and writes its effects, both in one transaction. */
export type Inbox = {
  /** Whether the event's effects are committed. */
  isDone(event: InboundEvent): Promise<boolean>;
  /**
   * Runs `write` unless the event is done; then the result is `duplicate`. Resolves the event's dead letter. Returns the
   * follow-up jobs in both cases, so that jobs that a crashed worker did not enqueue are enqueued now.
   */
  applyOnce(event: InboundEvent, write: Write): Promise<AppliedEvent>;
  /** Returns the follow-up jobs of an event that is done; none when it is not. */
  followUpsOf(event: Pick<InboundEvent, "integration" | "id">): Promise<readonly FollowUp[]>;
};

/** The result of an event, and its follow-up jobs. */
export type AppliedEvent = (Outcome | { result: "duplicate"; detail?: undefined }) & { followUps: readonly FollowUp[] };

/** {@link Inbox} on the table webhook_events. */
export function createInbox(database: Database, newId: NewId, settings?: FollowUpSettings): Inbox {
  return {
    async isDone(event) {
      const [row] = await database.orm
        .select({ status: webhookEvents.status })
        .from(webhookEvents)
        .where(isEvent(event))
        .prepare("is_event_done")
        .execute();
      return row?.status === "done";
    },
    followUpsOf: (event) => followUpsOf(database.orm, event),
    applyOnce(event, write) {
      const origin = { id: event.id, receivedAt: new Date(event.receivedAt) };
      return database.orm.transaction((tx) => applyOnce(tx, eventContext(newId, settings, origin), event, write));
    },
  };
}

async function applyOnce(
  tx: Executor,
  context: EventContext,
  event: InboundEvent,
  write: Write,
): Promise<AppliedEvent> {
  // The unique key decides: a second transaction with the same event waits here until the first one ends.
  const [claimed] = await tx
    .insert(webhookEvents)
    .values({
      id: context.newId(),
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
      set: { status: "done", result: "written", error: null, updatedAt: sql`now()` },
      setWhere: eq(webhookEvents.status, "dead"),
    })
    .returning({ id: webhookEvents.id, wasDead: sql<boolean>`xmax <> 0`, wasErased: isErased(event) })
    .prepare("claim_event")
    .execute();
  if (!claimed) return { result: "duplicate", followUps: await followUpsOf(tx, event) };
  if (claimed.wasErased) {
    // Delete the row, because its event id contains data of an erased person.
    await tx.delete(webhookEvents).where(eq(webhookEvents.id, claimed.id));
    return { result: "duplicate", followUps: [] };
  }
  if (claimed.wasDead) await resolveDeadLetters(tx, event);

  const outcome = await write(storesOf(tx, context));
  const { followUps } = context;
  const isPlain = outcome.result === "written" && outcome.detail === undefined;
  if (!isPlain || followUps.length > 0) {
    await tx
      .update(webhookEvents)
      .set({
        result: outcome.result,
        detail: outcome.detail ?? null,
        payload: outcome.result === "written" ? null : event.payload,
        followUps: followUps.length > 0 ? followUps : null,
      })
      .where(eq(webhookEvents.id, claimed.id))
      .prepare("complete_event")
      .execute();
  }
  return { ...outcome, followUps };
}

async function followUpsOf(tx: Executor, event: Pick<InboundEvent, "integration" | "id">): Promise<FollowUp[]> {
  const [row] = await tx.select({ followUps: webhookEvents.followUps }).from(webhookEvents).where(isEvent(event));
  return Array.isArray(row?.followUps) ? (row.followUps as FollowUp[]) : [];
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

function storesOf(tx: Executor, context: EventContext): Stores {
  const { newId } = context;
  return {
    accounts: accountStore(tx),
    tenants: tenantStore(tx),
    contacts: contactStore(tx, context),
    conversations: conversationStore(tx, context),
    messages: messageStore(tx, context),
    outbox: outboxStore(tx, context),
    aiTurns: aiTurnStore(tx, context),
    leads: leadStore(tx, newId),
    conversions: conversionStore(tx, context),
  };
}
