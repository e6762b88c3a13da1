import { and, eq, inArray, sql } from "drizzle-orm";
import { contentHash, type InboundEvent, type NewId, type Outcome, type Stores, type Write } from "@millrace/core";
import type { Database, Executor } from "../database.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";
import { contactStore } from "./contacts.ts";
import { conversationStore } from "./conversations.ts";
import { leadStore } from "./leads.ts";
import { messageStore } from "./messages.ts";
import { sourceStore } from "./sources.ts";

/** Decides whether an event is new and writes its effects, both in one transaction. */
export type Inbox = {
  /** Whether the event's effects are committed already. */
  isDone(event: InboundEvent): Promise<boolean>;
  /** Runs `write` unless the event is done already; `duplicate` says that it was. Settles its dead letter, if any. */
  once(event: InboundEvent, write: Write): Promise<Outcome | { result: "duplicate" }>;
};

/** {@link Inbox} on the table webhook_events. */
export function createInbox(database: Database, newId: NewId): Inbox {
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
    once: (event, write) => database.orm.transaction((tx) => once(tx, newId, event, write)),
  };
}

async function once(
  tx: Executor,
  newId: NewId,
  event: InboundEvent,
  write: Write,
): Promise<Outcome | { result: "duplicate" }> {
  // The unique key decides. A second transaction with the same event waits here until the first has ended.
  const [claimed] = await tx
    .insert(webhookEvents)
    .values({
      id: newId(),
      source: event.source,
      eventId: event.id,
      kind: event.kind,
      payloadHash: contentHash(event.payload),
      status: "done",
      result: "written",
      correlationId: event.correlationId,
      receivedAt: new Date(event.receivedAt),
    })
    .onConflictDoUpdate({
      target: [webhookEvents.source, webhookEvents.eventId],
      set: { status: "done", result: "written", error: null, updatedAt: sql`now()` },
      setWhere: eq(webhookEvents.status, "dead"),
    })
    .returning({ id: webhookEvents.id, wasDead: sql<boolean>`xmax <> 0` })
    .prepare("claim_event")
    .execute();
  if (!claimed) return { result: "duplicate" };
  if (claimed.wasDead) await settleDeadLetter(tx, event);

  const outcome = await write(storesOf(tx, newId));
  if (outcome.result !== "written" || outcome.detail !== undefined) {
    await tx
      .update(webhookEvents)
      .set({
        result: outcome.result,
        detail: outcome.detail ?? null,
        payload: outcome.result === "written" ? null : event.payload,
      })
      .where(eq(webhookEvents.id, claimed.id));
  }
  return outcome;
}

async function settleDeadLetter(tx: Executor, event: InboundEvent): Promise<void> {
  await tx
    .update(deadLetters)
    .set({ state: "resolved", resolvedAt: sql`now()`, updatedAt: sql`now()` })
    .where(
      and(
        eq(deadLetters.source, event.source),
        eq(deadLetters.eventId, event.id),
        inArray(deadLetters.state, ["dead", "replaying"]),
      ),
    );
}

function isEvent(event: Pick<InboundEvent, "source" | "id">) {
  return and(eq(webhookEvents.source, event.source), eq(webhookEvents.eventId, event.id));
}

function storesOf(tx: Executor, newId: NewId): Stores {
  return {
    sources: sourceStore(tx),
    contacts: contactStore(tx, newId),
    conversations: conversationStore(tx, newId),
    messages: messageStore(tx, newId),
    leads: leadStore(tx, newId),
  };
}
