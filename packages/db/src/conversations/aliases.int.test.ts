import { eq } from "drizzle-orm";
import { defaultTransactionId, type FactOf, uuidv7 } from "@millrace/core";
import { afterAll, expect, test } from "vitest";
import { until } from "@millrace/testing";
import { countBlocked } from "../../test/conversations.ts";
import { AT, inboundText, newThread, useFacts } from "../../test/facts.ts";
import { openDatabase } from "../connection/database.ts";
import { findMergedRow } from "../contacts/merged-row.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { eventContext } from "../inbox/event-context.ts";
import { createSendStates } from "../messages/send-state.ts";
import { aiTurns, conversionUploads, deadLetters, domainEvents } from "../schema/index.ts";
import { conversationStore } from "./conversations.ts";
import { createTakeoverLock } from "./takeover-lock.ts";

const { database, databaseUrl, apply, open, readConversation, readOutbound, tenantOf } = useFacts();
const lockDatabase = openDatabase(databaseUrl, { maxConnections: 2, name: "test-takeover-lock" });
afterAll(() => lockDatabase.close());
const lock = createTakeoverLock(lockDatabase);

type Opened = Awaited<ReturnType<typeof open>>;

const move = (from: Opened, to: Opened) => ({
  channel: "telegram",
  accountId: "shop",
  from: from.thread.threadId,
  to: to.thread.threadId,
});

const modeOf = (conversationId: string, mode: "human" | "ai", minutes = 0): FactOf<"mode"> => ({
  fact: "mode",
  change: { conversationId, mode, actor: "Bea", at: new Date(AT.getTime() + minutes * 60_000) },
});

const requestTo = (conversationId: string): FactOf<"send_requested"> => ({
  fact: "send_requested",
  to: { conversationId, channel: "telegram", accountId: undefined },
  at: AT,
  request: { messages: [{ id: uuidv7(), type: "text", body: "Come in", content: { type: "text", text: "Come in" } }] },
});

/** Merges one conversation into a second one, and that into a third. Returns the merged ids, and the one that they lead to. */
async function merged(activity: Parameters<typeof open>[0] = {}) {
  const [first, second, last] = [await open(activity), await open(), await open()];
  await apply({ fact: "thread_moved", ...move(first, second) });
  await apply({ fact: "thread_moved", ...move(second, last) });
  expect(await readConversation(first.id)).toBeUndefined();
  return { ids: [first.id, second.id], survivor: last };
}

test("17: a takeover and a hand-back by the id of a merged conversation change the one that it became", async () => {
  const { ids, survivor } = await merged();
  let minutes = 0;
  for (const id of ids) {
    expect(await apply(modeOf(id, "human", (minutes += 1)))).toMatchObject({ result: "written", detail: "human" });
    expect(await readConversation(survivor.id)).toMatchObject({ mode: "human" });
    expect(await apply(modeOf(id, "human", minutes))).toMatchObject({ result: "ignored", detail: "already human" });
    expect(await apply(modeOf(id, "ai", (minutes += 1)))).toMatchObject({ result: "written", detail: "ai" });
  }
});

test("17: a message and an action by the id of a merged conversation are sent in the one that it became", async () => {
  const { ids, survivor } = await merged();
  for (const id of ids) {
    await apply(requestTo(id));
    const { followUps } = await apply({ ...requestTo(id), request: { id: uuidv7(), action: "typing" } });
    expect(followUps).toMatchObject([{ kind: "act", payload: { conversationId: survivor.id } }]);
    // A job of the time before the merge names the old id.
    expect(await createSendStates(database).findTarget(id)).toMatchObject({ threadId: survivor.thread.threadId });
  }
  expect(await readOutbound(survivor.id)).toMatchObject(ids.map(() => ({ status: "queued", body: "Come in" })));
});

test("17: a sale by the id of a merged conversation belongs to the one that it became, and has its click", async () => {
  const { ids, survivor } = await merged({ click: { kind: "wbraid", id: "c-2" } });
  for (const subjectId of ids) {
    const place = { transactionId: subjectId, accountId: "5550001111", actionId: "91", eventSource: "WEB" };
    const sale = { convertedAt: AT.toISOString(), consent: {} };
    const won = { subject: "conversation", subjectId } as const;
    await apply({ fact: "won", ...won, sale: { transactionId: subjectId, wonAt: AT.toISOString(), consent: {} } });
    const tenant = { name: "Mill" };
    await apply({ fact: "conversion", integration: "google", tenant, conversion: { ...place, ...sale }, won });
    const [row] = await database.orm
      .select()
      .from(conversionUploads)
      .where(eq(conversionUploads.transactionId, subjectId));
    expect(row).toMatchObject({ conversationId: survivor.id, payload: { click: { id: "c-2" } } });
  }
  const events = await database.orm.select().from(domainEvents).where(eq(domainEvents.subjectId, survivor.id));
  expect(events.filter(({ type }) => type === "conversation.won")).toHaveLength(ids.length);
});

test("13 and 17: a sale that is reported by several ids of a merged conversation, before and after the merge, counts once", async () => {
  const reported = async (subjectId: string) => {
    const won = { subject: "conversation", subjectId } as const;
    const transactionId = defaultTransactionId("conversation", subjectId);
    const place = { transactionId, accountId: "5550001111", actionId: "91", eventSource: "WEB" };
    const sale = { convertedAt: AT.toISOString(), consent: {} };
    await apply({ fact: "won", ...won, sale: { transactionId, wonAt: AT.toISOString(), consent: {} } });
    const tenant = { name: "Mill" };
    await apply({ fact: "conversion", integration: "google", tenant, conversion: { ...place, ...sale }, won });
  };
  const click = { kind: "wbraid", id: "c-3" };
  const after = await merged({ click });
  for (const id of [...after.ids, after.survivor.id]) await reported(id);
  const [early, later] = [await open({ click }), await open({ click })];
  await reported(early.id);
  await apply({ fact: "thread_moved", ...move(early, later) });
  for (const id of [early.id, later.id]) await reported(id);

  for (const [conversationId, name] of [
    [after.survivor.id, after.survivor.id],
    [later.id, early.id],
  ] as const) {
    const ofConversation = eq(conversionUploads.conversationId, conversationId);
    const rows = await database.orm.select().from(conversionUploads).where(ofConversation);
    expect(rows.map(({ transactionId }) => transactionId)).toEqual([defaultTransactionId("conversation", name)]);
    const events = await database.orm.select().from(domainEvents).where(eq(domainEvents.subjectId, conversationId));
    const sales = events.filter(({ type }) => type === "conversation.won");
    expect(sales.map(({ payload }) => payload)).toMatchObject(
      sales.map(() => ({ sale: { transactionId: defaultTransactionId("conversation", conversationId) } })),
    );
  }
});

test("17: an answer that names a merged conversation answers the AI turn of the one that it became", async () => {
  const { ids, survivor } = await merged();
  const turnOf = async () => {
    const turns = await database.orm.select().from(aiTurns).where(eq(aiTurns.conversationId, survivor.id));
    const turnId = turns.find(({ state }) => state === "debouncing")?.id ?? "";
    await database.orm.update(aiTurns).set({ state: "awaiting_reply" }).where(eq(aiTurns.id, turnId));
    return turnId;
  };
  for (const conversationId of ids) {
    await apply(inboundText(survivor.thread));
    const answer = { turnId: await turnOf(), answerId: uuidv7(), at: AT, messages: [{ type: "text", text: "Hi" }] };
    const foreign = apply({ fact: "answer", ...answer, conversationId: (await open()).id });
    await expect(foreign).rejects.toMatchObject({ code: "other_conversation" });
    expect(await apply({ fact: "answer", ...answer, conversationId })).toMatchObject({ detail: "queued" });
  }
});

test("17: a trace finds what a merged conversation became, and a dead letter that names one has its tenant", async () => {
  const { ids, survivor } = await merged();
  for (const id of ids) {
    expect(await findMergedRow(database, id)).toEqual({ kind: "conversation", id, mergedInto: survivor.id });
    const job = {
      queue: "telegram-outbound",
      jobId: id,
      integration: "telegram",
      eventId: id,
      kind: "act",
      attempts: 1,
    };
    const failure = {
      errorKind: "permanent",
      error: "broken",
      correlationId: id,
      receivedAt: AT,
      failedAt: AT,
    } as const;
    await createDeadLetters(database, uuidv7).record({ ...job, ...failure, payload: { conversationId: id } });
    const [row] = await database.orm.select().from(deadLetters).where(eq(deadLetters.jobId, id));
    expect(row?.tenantId).toBe(await tenantOf("Mill"));
  }
  expect(await findMergedRow(database, survivor.id)).toBeUndefined();
  expect(await findMergedRow(database, "update.shop.1")).toBeUndefined();
});

/** Starts work while a transaction merges two conversations, commits the merge, and returns the work's result. */
async function duringMerge(from: Opened, to: Opened, work: () => Promise<unknown>): Promise<unknown> {
  let working: Promise<unknown> | undefined;
  await database.orm.transaction(async (tx) => {
    await conversationStore(tx, eventContext(uuidv7)).migrate(...(Object.values(move(from, to)) as Move));
    working = work().catch((error: unknown) => error);
    await until("the work waits for the merge", async () => (await countBlocked(database)) > 0);
  });
  return working;
}

type Move = [channel: string, accountId: string, from: string, to: string];

test("17: a takeover and a message during a merge are retried, and then reach the merged conversation", async () => {
  for (const fact of [(id: string) => modeOf(id, "human"), requestTo]) {
    const [old, other] = [await open(), await open()];
    const request = fact(old.id);
    const during = await duringMerge(old, other, () => apply(request));
    expect(during).toMatchObject({ next: { kind: "retryable" } });
    expect(await apply(request)).toMatchObject({ result: "written" });
    const { mode } = (await readConversation(other.id)) ?? {};
    expect([mode, (await readOutbound(other.id)).length]).toEqual(request.fact === "mode" ? ["human", 0] : ["ai", 1]);
  }
});

test("7: a merge waits for an answer that is being sent, so that a takeover after it waits too", async () => {
  const [old, other] = [await open(), await open()];
  let endSend: (value: string) => void = () => undefined;
  const sending = new Promise<string>((resolve) => {
    endSend = resolve;
  });
  const begun = Promise.withResolvers<void>();
  const sent = lock.runInEpoch(old.id, 0, () => {
    begun.resolve();
    return sending;
  });
  await begun.promise;
  const merging = apply({ fact: "thread_moved", ...move(old, other) });
  await until("the merge waits for the answer", async () => (await countBlocked(database)) > 0);
  endSend("sent");
  expect(await sent).toBe("sent");
  await merging;
  expect(await apply(modeOf(old.id, "human"))).toMatchObject({ detail: "human" });
  for (const id of [old.id, other.id]) {
    const after = await lock.runInEpoch(id, 0, async () => "sent").catch((error: unknown) => error);
    expect(after).not.toBe("sent");
  }
});

test("a conversation that never existed has no alias", async () => {
  const thread = newThread();
  await apply(inboundText(thread));
  await expect(apply(modeOf(uuidv7(), "human"))).rejects.toMatchObject({ code: "no_conversation" });
});
