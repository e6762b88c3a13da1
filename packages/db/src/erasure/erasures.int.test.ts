import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { personalDataReader, uuidv7, written } from "@millrace/core";
import { until } from "@millrace/testing";
import { beginAttempt } from "../../test/begin-attempt.ts";
import { useConversations, type TestConversation, countBlocked } from "../../test/conversations.ts";
import {
  contacts,
  conversations,
  deadLetters,
  providerAccounts,
  messages,
  auditLog,
  replays,
  threadStates,
  webhookEvents,
} from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createPausedJobs } from "../flow-control/paused-jobs.ts";
import { createErasures } from "./erasures.ts";
import { createInbox } from "../inbox/inbox.ts";
import { createSendStates } from "../messages/send-state.ts";
import { createReplayScheduler } from "../dead-letters/replay-scheduler.ts";
import { createReplays } from "../dead-letters/replays.ts";

const BY = { actor: "Bea", reason: "asked for it" };

const harness = useConversations();
const personalData = personalDataReader({
  parties: ["id", "from"],
  partyIds: [],
  foreign: ["context"],
  depth: 2,
  impersonal: [],
});
const erasures = createErasures(harness.database, uuidv7, new Map([["whatsapp", personalData]]));

/** Begins an erasure and erases the contact's own rows. */
async function erase(contactId: string, by: typeof BY) {
  const begun = await erasures.begin(contactId, by);
  return begun && erasures.eraseContact(begun);
}

test("a message during the erasure of its author belongs to a new contact, and no erased row contains it", async () => {
  const conversation = await harness.open();
  const contactId = contactOf(conversation);
  const { orm } = harness.database;
  const begun = await erasures.begin(contactId, BY);
  if (!begun) throw new Error("the contact is not found");
  let erasing: Promise<unknown> = Promise.resolve();
  let hearing: Promise<unknown> = Promise.resolve();
  await orm.transaction(async (tx) => {
    // The erasure blocks here after it has locked the contact.
    await tx.execute(sql`select from cases where contact_id = ${contactId} for update`);
    erasing = erasures.eraseContact(begun);
    await until("the erasure waits", async () => (await countBlocked(harness.database)) === 1);
    hearing = harness.write((stores) =>
      stores.contacts.resolve(
        conversation.thread.tenantId,
        [{ channel: "whatsapp", externalId: `stable-${conversation.thread.tenantId}`, stable: true }],
        { name: "Ada again" },
      ),
    );
    await until("the message waits", async () => (await countBlocked(harness.database)) === 2);
  });
  await erasing;
  await hearing;
  const rows = await orm.select().from(contacts).where(eq(contacts.tenantId, conversation.thread.tenantId));
  expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(["Ada again", "erased"]));
});

test("unsent messages to an erased contact are suppressed, also when a worker has begun", async () => {
  const conversation = await harness.open();
  const [first = "", second = ""] = await harness.send(conversation, "one", "two");
  const outbox = createSendStates(harness.database);
  expect(await beginAttempt(outbox, first, harness.clock.at)).toBe(true);
  await erase(contactOf(conversation), BY);
  await harness.write((stores) => stores.outbox.markSent(first, { externalId: "wamid.1" }, harness.clock.at));
  const rows = await harness.database.orm.select().from(messages).where(eq(messages.conversationId, conversation.id));
  expect(rows.map(({ status, error, body }) => ({ status, error, body }))).toEqual([
    { status: "suppressed", error: "erased", body: null },
    { status: "suppressed", error: "erased", body: null },
  ]);
  expect(rows.map(({ externalId }) => externalId)).not.toContain("wamid.1");
  expect((await outbox.find(second))?.isTerminal).toBe(true);
  expect(await beginAttempt(outbox, second, harness.clock.at)).toBe(false);
});

test("an erased Telegram thread gets an unused id, and its open AI turn ends", async () => {
  const conversation = await harness.open("telegram");
  await harness.receive(conversation, "Hello");
  await erase(contactOf(conversation), BY);
  const [row] = await harness.database.orm.select().from(conversations).where(eq(conversations.id, conversation.id));
  expect(row?.threadId).toMatch(/^[12]\d{18}$/);
  expect(row).toMatchObject({ mode: "human", reachable: false });
  const open = await harness.database.orm.execute(
    sql`select from millrace.ai_turns where conversation_id = ${conversation.id} and state in ('debouncing', 'awaiting_reply')`,
  );
  expect(open).toHaveLength(0);
});

test("the scope of an erasure is recorded until it ends, and deleted then", async () => {
  const conversation = await harness.open();
  const before = await erasures.unfinished();
  for (const erasure of before) await erasures.end(erasure, { files: 0, jobs: 0 });
  await erase(contactOf(conversation), BY);
  expect(await erase(contactOf(conversation), BY)).toBeUndefined();
  const [erasure, ...others] = await erasures.unfinished();
  expect(others).toEqual([]);
  expect(erasure?.isAbout(jobOf({ id: `stable-${conversation.thread.tenantId}` }))).toBe(true);
  if (!erasure) return;
  await erasures.eraseOtherRows(erasure);
  await erasures.eraseOtherRows(erasure);
  expect(await erasures.end(erasure, { files: 2, jobs: 3 })).toMatchObject({ contacts: 1, files: 2, jobs: 3 });
  expect(await erasures.unfinished()).toEqual([]);
  const [row] = await harness.database.orm.select().from(auditLog).where(eq(auditLog.id, erasure.id));
  expect(row).toMatchObject({ ...BY, action: "contact.erased", subject: contactOf(conversation), before: null });
  expect(JSON.stringify(row)).not.toContain("stable-");
});

test("an identity that a contact of another tenant also has is not searched for", async () => {
  const [conversation, elsewhere] = [await harness.open(), await harness.open()];
  const phone = { channel: "phone", externalId: "15551230001", stable: false } as const;
  for (const { thread } of [conversation, elsewhere])
    await harness.write((stores) =>
      stores.contacts.resolve(
        thread.tenantId,
        [{ channel: "whatsapp", externalId: `stable-${thread.tenantId}`, stable: true }, phone],
        {},
      ),
    );
  const erasure = await erase(contactOf(conversation), BY);
  expect(erasure?.isAbout(jobOf({ from: phone.externalId }))).toBe(false);
  expect(erasure?.isAbout(jobOf({ from: `stable-${conversation.thread.tenantId}` }))).toBe(true);
  const last = await erase(contactOf(elsewhere), BY);
  expect(last?.isAbout(jobOf({ from: phone.externalId }))).toBe(true);
});

test.each([
  ["in their profile", { phone: "15551230002" }, {}],
  ["in a lead", {}, { phone: "15551230002" }],
])("an identity that another contact of the tenant has %s is not searched for", async (_, profile, lead) => {
  const conversation = await harness.open();
  const { tenantId } = conversation.thread;
  const phone = { channel: "phone", externalId: "15551230002", stable: false } as const;
  await harness.write(async (stores) => {
    const stable = { channel: "whatsapp", externalId: `stable-${tenantId}`, stable: true } as const;
    await stores.contacts.resolve(tenantId, [stable, phone], {});
    const other = { channel: "email", externalId: `${tenantId}@x.example`, stable: true } as const;
    const contactId = await stores.contacts.resolve(tenantId, [other], profile);
    const leadFields = { isTest: false, answers: {}, consents: {}, submittedAt: harness.clock.at, payload: {} };
    await stores.leads.add({ tenantId, contactId, source: "Meta", externalId: tenantId, ...leadFields, ...lead });
  });
  const erasure = await erase(contactOf(conversation), BY);
  expect(erasure?.isAbout(jobOf({ from: phone.externalId }))).toBe(false);
  expect(erasure?.isAbout(jobOf({ from: `stable-${tenantId}` }))).toBe(true);
  await harness.database.orm.execute(sql`update contacts set phone = null where tenant_id = ${tenantId}`);
  await harness.database.orm.execute(sql`update leads set phone = null where tenant_id = ${tenantId}`);
});

test("jobs and dead letters of another tenant's account are not erased", async () => {
  const [conversation, elsewhere] = [await harness.open(), await harness.open()];
  const [ours, others] = [conversation.thread.tenantId, elsewhere.thread.tenantId];
  const { orm } = harness.database;
  const sources = [
    { externalId: `number-${ours}`, tenantId: ours },
    { externalId: `number-${others}`, tenantId: others },
  ];
  await orm
    .insert(providerAccounts)
    .values(sources.map((integration) => ({ id: uuidv7(), provider: "whatsapp", ...integration })));
  const payload = { from: `stable-${ours}` };
  const accounts = [`number-${ours}`, `number-${others}`, undefined];
  for (const account of accounts) await giveUp(payload, account);
  const erasure = await erase(contactOf(conversation), BY);
  expect(accounts.map((account) => erasure?.isAbout(jobOf(payload, account)))).toEqual([true, false, true]);
  expect(erasure?.isAbout(jobOf({ ...payload, accountId: `number-${others}/within` }))).toBe(false);
  expect(erasure?.isAbout(jobOf(payload, "unknown"))).toBe(true);
  const anyOther = { id: uuidv7(), provider: "whatsapp", externalId: "*", tenantId: others };
  await orm.insert(providerAccounts).values(anyOther);
  const [again] = (await erasures.unfinished()).filter(({ id }) => id === erasure?.id);
  expect(again?.isAbout(jobOf(payload, "unknown"))).toBe(false);
  // A job of Millrace names its tenant, which decides whatever the account is.
  expect(again?.isAbout(jobOf({ ...payload, tenantId: ours, accountId: "unknown" }))).toBe(true);
  expect(again?.isAbout(jobOf({ ...payload, tenantId: others, accountId: `number-${ours}` }))).toBe(false);
  await orm.delete(providerAccounts).where(eq(providerAccounts.id, anyOther.id));
  if (erasure) await erasures.eraseOtherRows(erasure);
  const deadLetterRows = await orm
    .select({ account: deadLetters.account, state: deadLetters.state })
    .from(deadLetters)
    .orderBy(deadLetters.id);
  expect(deadLetterRows).toEqual([
    { account: `number-${ours}`, state: "discarded" },
    { account: `number-${others}`, state: "dead" },
    { account: null, state: "discarded" },
  ]);
  const events = await orm
    .select({ status: webhookEvents.status })
    .from(webhookEvents)
    .innerJoin(deadLetters, eq(webhookEvents.eventId, deadLetters.eventId))
    .orderBy(deadLetters.id);
  expect(events.map(({ status }) => status)).toEqual(["discarded", "dead", "discarded"]);
});

test("jobs and dead letters of others that mention the contact stay, except completed jobs", async () => {
  const conversation = await harness.open();
  const { orm } = harness.database;
  await orm.delete(deadLetters);
  const name = `stable-${conversation.thread.tenantId}`;
  const payload = { message: { from: "another", text: { body: `Do you know ${name}?` }, context: { from: name } } };
  await giveUp(payload);
  const erasure = await erase(contactOf(conversation), BY);
  expect(erasure?.isAbout(jobOf(payload))).toBe(false);
  expect(erasure?.isAbout(jobOf(payload, undefined, true))).toBe(true);
  if (erasure) await erasures.eraseOtherRows(erasure);
  expect(await orm.select().from(deadLetters)).toMatchObject([{ state: "dead", payload }]);
});

test("a replay continues without the dead letters of an erased contact", async () => {
  const conversation = await harness.open();
  const { orm } = harness.database;
  await orm.delete(deadLetters);
  const theirs = { from: `stable-${conversation.thread.tenantId}` };
  for (const payload of [theirs, theirs, { from: "another" }]) await giveUp(payload);
  const store = createReplays(harness.database, uuidv7, () => harness.clock.at);
  const replay = await store.start({}, 10, BY);
  const scheduler = createReplayScheduler(harness.database);
  const first = await scheduler.step(harness.clock.at);
  expect(first.released.map(({ payload }) => payload)).toEqual([theirs]);
  const erasure = await erase(contactOf(conversation), BY);
  if (erasure) await erasures.eraseOtherRows(erasure);
  expect((await store.find(replay?.id ?? ""))?.progress).toMatchObject({ skipped: 2, waiting: 1 });
  const second = await scheduler.step(harness.clock.at);
  for (const deadLetter of second.released) await scheduler.markDead(deadLetter);
  expect(second.released.map(({ payload }) => payload)).toEqual([{ from: "another" }]);
  const { ended } = await scheduler.step(harness.clock.at);
  expect(ended).toMatchObject([{ id: replay?.id, state: "done" }]);
});

test("reasons about an erased contact's dead letters, and replay selections with their name, are erased", async () => {
  const conversation = await harness.open();
  const { orm } = harness.database;
  await orm.delete(deadLetters);
  await orm.delete(replays);
  const name = `stable-${conversation.thread.tenantId}`;
  for (const from of [name, "another"]) await giveUp({ from });
  const deadLetterRows = await orm.select().from(deadLetters).orderBy(deadLetters.id);
  const store = createReplays(harness.database, uuidv7, () => harness.clock.at);
  for (const { id } of deadLetterRows) await store.start({ ids: [id] }, 10, { actor: "Cid", reason: "a friend" });
  await orm.update(deadLetters).set({ state: "resolved", error: `no chat with ${name}` });
  await giveUp({ from: "yet another" });
  await store.start({ queue: "whatsapp-inbound", text: "broken" }, 10, { actor: "Cid", reason: `${name} called` });
  const asked = { queue: "whatsapp-inbound", text: name };
  await orm
    .update(replays)
    .set({ selection: asked })
    .where(eq(replays.reason, `${name} called`));
  const erasure = await erase(contactOf(conversation), BY);
  if (erasure) await erasures.eraseOtherRows(erasure);
  const errors = await orm.select({ error: deadLetters.error }).from(deadLetters).orderBy(deadLetters.id);
  expect(errors.slice(0, 2).map(({ error }) => error)).toEqual(["the contact was erased", `no chat with ${name}`]);
  const [hers, other] = deadLetterRows.map(({ id }) => ({ ids: [id] }));
  const rows = await orm.select().from(replays).orderBy(replays.id);
  expect(rows.map(({ selection, reason }) => ({ selection, reason }))).toEqual([
    { selection: hers, reason: null },
    { selection: other, reason: "a friend" },
    { selection: { ...asked, text: "erased" }, reason: null },
  ]);
  const isCids = eq(auditLog.actor, "Cid");
  const actions = await orm.select().from(auditLog).where(isCids).orderBy(auditLog.id);
  expect(actions.map(({ reason }) => reason)).toEqual([null, "a friend", null]);
});

test("the state of a Telegram chat without a conversation is erased, except of another tenant's bot", async () => {
  const [conversation, elsewhere] = [await harness.open(), await harness.open()];
  const { tenantId } = conversation.thread;
  const { orm } = harness.database;
  const [bot, other] = [`bot-${tenantId}`, `other-${tenantId}`];
  const theirs = { id: uuidv7(), provider: "telegram", externalId: other, tenantId: elsewhere.thread.tenantId };
  await orm.insert(providerAccounts).values(theirs);
  const threadId = String(7_000_000_000 + Math.floor(Math.random() * 1_000_000));
  await harness.write(async (stores) => {
    const stable = { channel: "whatsapp", externalId: `stable-${tenantId}`, stable: true } as const;
    await stores.contacts.resolve(tenantId, [stable, { channel: "telegram", externalId: threadId, stable: true }], {});
  });
  const facts = [bot, other].map((accountId) => ({ channel: "telegram", accountId, threadId, reachable: false }));
  await orm.insert(threadStates).values(facts);
  await erase(contactOf(conversation), BY);
  const left = await orm.select().from(threadStates).orderBy(threadStates.accountId);
  expect(left.map((row) => [row.accountId, row.threadId === threadId])).toEqual([
    [bot, false],
    [other, true],
  ]);
});

test("a redelivery of an event with the contact's data in its id changes nothing", async () => {
  const conversation = await harness.open();
  const inbox = createInbox(harness.database, uuidv7);
  const at = { correlationId: "c", receivedAt: new Date().toISOString(), payload: {} };
  const event = { v: 1, integration: "whatsapp", kind: "message", ...at } as const;
  const [redelivered, other] = [`message.stable-${conversation.thread.tenantId}`, `message.${uuidv7()}`];
  const apply = (id: string) => inbox.applyOnce({ ...event, id }, written());
  expect(await apply(redelivered)).toMatchObject({ result: "written" });
  const erasure = await erase(contactOf(conversation), BY);
  if (erasure) await erasures.eraseOtherRows(erasure);
  expect(await apply(redelivered)).toEqual({ result: "duplicate", followUps: [], pauses: [] });
  expect(await apply(other)).toMatchObject({ result: "written" });
  const events = () =>
    harness.database.orm.select().from(webhookEvents).where(eq(webhookEvents.integration, "whatsapp"));
  expect((await events()).map(({ eventId }) => eventId)).not.toContain(redelivered);

  // A dead letter that the same event gets later is erased as well.
  await giveUp({ from: `stable-${conversation.thread.tenantId}` }, undefined, redelivered);
  expect((await events()).map(({ eventId }) => eventId)).toContain(redelivered);
  if (erasure) await erasures.eraseOtherRows(erasure);
  expect((await events()).map(({ eventId }) => eventId)).not.toContain(redelivered);
  expect(await apply(redelivered)).toMatchObject({ result: "duplicate" });
});

test("18: no row of a waiting job has an id with the contact's data, and the rows of others stay", async () => {
  const conversation = await harness.open();
  const pausedJobs = createPausedJobs(harness.database);
  const [hers, other] = [`message.stable-${conversation.thread.tenantId}`, `message.${uuidv7()}`];
  for (const jobId of [hers, other]) await pausedJobs.add({ queue: "whatsapp-inbound", jobId, scope: uuidv7() });
  const erasure = await erase(contactOf(conversation), BY);
  if (erasure) await erasures.eraseOtherRows(erasure);
  const jobIds = (await pausedJobs.resumed(1_000, [])).map(({ jobId }) => jobId);
  expect(jobIds).toContain(other);
  expect(jobIds).not.toContain(hers);
});

test("a preview of an erasure changes nothing", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Hello");
  const state = () =>
    harness.database.orm.execute(sql`select contacts::text, messages::text, conversations::text
      from contacts join conversations on contact_id = contacts.id join messages on conversation_id = conversations.id
      where contacts.id = ${contactOf(conversation)}`);
  const before = await state();
  expect(before).toHaveLength(1);
  for (const exact of [false, true])
    expect((await erasures.preview(contactOf(conversation), exact))?.rows).toMatchObject({
      contacts: 1,
      conversations: 1,
      messages: 1,
    });
  expect(await state()).toEqual(before);
});

/** Records a dead letter. */
async function giveUp(payload: object, account?: string, eventId = uuidv7()): Promise<void> {
  const job = {
    queue: "whatsapp-inbound",
    jobId: eventId,
    eventId,
    integration: "whatsapp",
    kind: "message",
    attempts: 1,
  };
  const end = { errorKind: "permanent", error: "broken", correlationId: "c", account, payload };
  const at = { receivedAt: new Date(), failedAt: new Date() };
  await createDeadLetters(harness.database, uuidv7).record({ ...job, ...end, ...at });
}

/** A job that names no person. */
function jobOf(payload: object, account?: string, isCompleted = false) {
  return { integration: "whatsapp", account, ids: [], payload, isCompleted };
}

function contactOf({ thread }: TestConversation): string {
  if (thread.contactId === undefined) throw new Error("a thread without a contact");
  return thread.contactId;
}
