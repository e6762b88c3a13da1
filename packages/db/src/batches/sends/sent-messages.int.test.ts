import { asc, eq, inArray } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_VERSION, type FactOf, type InboundEvent, uuidv7, written } from "@millrace/core";
import { beginAttempt } from "../../../test/begin-attempt.ts";
import { useOutboundMessages } from "../../../test/outbound-messages.ts";
import { createInbox } from "../../inbox/inbox.ts";
import { domainEvents, messages } from "../../schema/index.ts";
import { createSentMessages } from "./sent-messages.ts";

const { harness, outbox, read, report, fail } = useOutboundMessages();
const inbox = createInbox(harness.database, uuidv7);
const sentMessages = createSentMessages(harness.database, uuidv7);

/** What is known of a message before its send is recorded. */
const known = fc.record({
  reported: fc.uniqueArray(fc.constantFrom("sent" as const, "delivered" as const, "read" as const, "failed" as const)),
  isAdopted: fc.boolean(),
  isDead: fc.boolean(),
});

const NEW: Known = { reported: [], isAdopted: false, isDead: false };

type Known = typeof known extends fc.Arbitrary<infer Value> ? Value : never;

/** Queues a message in a new conversation and begins its send, after which it gets the statuses. */
async function beginSend({ reported, isAdopted, isDead }: Known) {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  await beginAttempt(outbox, id, harness.clock.at);
  const externalId = uuidv7();
  for (const status of reported) await report(conversation, status, externalId, isAdopted ? id : undefined);
  if (isDead) await fail(id);
  const { channel, accountId } = conversation.thread;
  const fact: FactOf<"message_sent"> = {
    fact: "message_sent",
    messageId: id,
    sent: { externalId },
    at: harness.clock.at,
  };
  return { event: sendEvent(id), fact, channel, accountId };
}

function sendEvent(messageId: string): InboundEvent {
  const receivedAt = harness.clock.at.toISOString();
  const about = { id: `send.${messageId}`, kind: "send", correlationId: "c-1", payload: { messageId } };
  return { v: EVENT_VERSION, integration: "whatsapp", receivedAt, ...about };
}

/** Records sends as the worker does: those that the batch leaves out by themselves. Returns what the batch recorded. */
async function recordAll(sends: readonly Awaited<ReturnType<typeof beginSend>>[]): Promise<boolean[]> {
  const recorded = await Promise.all(sends.map((send) => sentMessages.record(send)));
  for (const [index, { event, fact }] of sends.entries())
    if (!recorded[index]) await inbox.applyOnce(event, written(fact));
  return recorded;
}

/** The result of a send: the columns that it changes, and its domain events. */
async function resultOf({ fact: { messageId, sent } }: Awaited<ReturnType<typeof beginSend>>) {
  const row = await read(messageId);
  const of = harness.database.orm.select().from(domainEvents).where(eq(domainEvents.subjectId, messageId));
  const events = await of.orderBy(asc(domainEvents.sequence));
  return {
    hasId: row?.externalId === sent.externalId,
    status: row?.status,
    error: row?.error,
    sentAt: row?.sentAt,
    attemptedAt: row?.attemptedAt,
    events: events.map(({ type, payload }) => [type, (payload as { status: string }).status]),
  };
}

test("6: sends that are recorded together have the same results as one by one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(known, { minLength: 1, maxLength: 5 }), async (messages) => {
      const [alone, together] = [[], []] as Awaited<ReturnType<typeof beginSend>>[][];
      for (const each of messages) {
        alone?.push(await beginSend(each));
        together?.push(await beginSend(each));
      }
      for (const { event, fact } of alone ?? []) await inbox.applyOnce(event, written(fact));
      const recorded = await recordAll(together ?? []);
      expect(recorded).toEqual(messages.map(({ isDead }) => !isDead));
      expect(await Promise.all((together ?? []).map(resultOf))).toEqual(await Promise.all((alone ?? []).map(resultOf)));
    }),
    { numRuns: 12 },
  );
});

test("3: a send is recorded once", async () => {
  const send = await beginSend({ reported: [], isAdopted: false, isDead: false });
  expect(await Promise.all([sentMessages.record(send), sentMessages.record(send)])).toContain(true);
  expect(await sentMessages.record(send)).toBe(false);
  expect((await resultOf(send)).events).toHaveLength(1);
});

test("4: a send that cannot be recorded fails alone", async () => {
  const nothing = { reported: [], isAdopted: false, isDead: false };
  const [good, bad] = [await beginSend(nothing), await beginSend(nothing)];
  // Postgres stores no text with this character.
  const refused = { ...bad, fact: { ...bad.fact, sent: { externalId: "\u0000" } } };
  await expect(recordAll([good, refused])).rejects.toThrow("Failed query");
  expect(await resultOf(good)).toMatchObject({ hasId: true, status: "sent" });
  expect(await resultOf(bad)).toMatchObject({ hasId: false, status: "sending" });
});

test("16: a message that another transaction locks does not hold up the sends of others", async () => {
  const [locked, free] = [await beginSend(NEW), await beginSend(NEW)];
  const [waiting = "", next = ""] = [...(await queueOne()), ...(await queueOne())];
  const taken = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const erasure = harness.database.orm.transaction(async (tx) => {
    await tx
      .select()
      .from(messages)
      .where(inArray(messages.id, [locked.fact.messageId, waiting]))
      .for("update");
    taken.resolve();
    await release.promise;
  });
  await taken.promise;
  const begun = await Promise.all([waiting, next].map((id) => beginAttempt(outbox, id, harness.clock.at)));
  expect(begun).toEqual([false, true]);
  // The batch fails, so that each send is recorded by itself.
  expect(await Promise.all([locked, free].map((send) => sentMessages.record(send)))).toEqual([false, false]);
  release.resolve();
  await erasure;
});

async function queueOne(): Promise<string[]> {
  return harness.send(await harness.open(), "one");
}
