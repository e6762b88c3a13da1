import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { openConversations, type Talk, waiting } from "../../test/conversations.ts";
import {
  contacts,
  conversations,
  conversionUploads,
  deadLetters,
  leads,
  providerAccounts,
  messages,
  auditLog,
  replays,
  threadStates,
  webhookEvents,
} from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createErasures, type Erasures } from "./erasures.ts";
import { createInbox } from "../inbox/inbox.ts";
import { createSendStates } from "../messages/send-state.ts";
import { createReplayScheduler } from "../dead-letters/replay-scheduler.ts";
import { createReplays } from "../dead-letters/replays.ts";

const BY = { actor: "Bea", reason: "asked for it" };

let setup: Awaited<ReturnType<typeof openConversations>>;
let erasures: Erasures;

beforeAll(async () => {
  setup = await openConversations();
  erasures = createErasures(setup.database, uuidv7);
});
afterAll(() => setup.close());

test("a message that comes while its writer is erased is of a new contact, and in no erased row", async () => {
  const talk = await setup.meet();
  const contactId = contactOf(talk);
  const { orm } = setup.database;
  let erasing: Promise<unknown> = Promise.resolve();
  let hearing: Promise<unknown> = Promise.resolve();
  await orm.transaction(async (tx) => {
    // Where the erasure comes to after it has taken the contact.
    await tx.execute(sql`select from cases where contact_id = ${contactId} for update`);
    erasing = erasures.begin(contactId, BY);
    await until("the erasure waits", async () => (await waiting(setup.database)) === 1);
    hearing = setup.write((stores) =>
      stores.contacts.resolve(
        talk.thread.tenantId,
        [{ channel: "whatsapp", externalId: `stable-${talk.thread.tenantId}`, stable: true }],
        { name: "Ada again" },
      ),
    );
    await until("the message waits", async () => (await waiting(setup.database)) === 2);
  });
  await erasing;
  await hearing;
  const rows = await orm.select().from(contacts).where(eq(contacts.tenantId, talk.thread.tenantId));
  expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(["Ada again", "erased"]));
});

test("what is still to be sent to them is suppressed, also by a worker that has begun", async () => {
  const talk = await setup.meet();
  const [first = "", second = ""] = await setup.say(talk, "one", "two");
  const outbox = createSendStates(setup.database);
  expect(await outbox.begin(first, setup.clock.at)).toBe(true);
  await erasures.begin(contactOf(talk), BY);
  await setup.write((stores) => stores.outbox.markSent(first, { externalId: "wamid.1" }, setup.clock.at));
  const rows = await setup.database.orm.select().from(messages).where(eq(messages.conversationId, talk.id));
  expect(rows.map(({ status, error, body }) => ({ status, error, body }))).toEqual([
    { status: "suppressed", error: "erased", body: null },
    { status: "suppressed", error: "erased", body: null },
  ]);
  expect(rows.map(({ externalId }) => externalId)).not.toContain("wamid.1");
  expect((await outbox.find(second))?.isTerminal).toBe(true);
  expect(await outbox.begin(second, setup.clock.at)).toBe(false);
});

test("a Telegram thread gets an id that is nobody's, and its open question ends", async () => {
  const talk = await setup.meet("telegram");
  await setup.hear(talk, "Hello");
  await erasures.begin(contactOf(talk), BY);
  const [row] = await setup.database.orm.select().from(conversations).where(eq(conversations.id, talk.id));
  expect(row?.threadId).toMatch(/^[12]\d{18}$/);
  expect(row).toMatchObject({ mode: "human", reachable: false });
  const open = await setup.database.orm.execute(
    sql`select from millrace.ai_turns where conversation_id = ${talk.id} and state in ('debouncing', 'awaiting_reply')`,
  );
  expect(open).toHaveLength(0);
});

test("what is left is written down until it is done, and tells nobody after it", async () => {
  const talk = await setup.meet();
  const before = await erasures.unfinished();
  for (const erasure of before) await erasures.end(erasure, { files: 0, jobs: 0 });
  await erasures.begin(contactOf(talk), BY);
  expect(await erasures.begin(contactOf(talk), BY)).toBeUndefined();
  const [erasure, ...others] = await erasures.unfinished();
  expect(others).toEqual([]);
  expect(erasure?.isAbout(jobOf({ id: `stable-${talk.thread.tenantId}` }))).toBe(true);
  if (!erasure) return;
  await erasures.rest(erasure);
  await erasures.rest(erasure);
  expect(await erasures.end(erasure, { files: 2, jobs: 3 })).toMatchObject({ contacts: 1, files: 2, jobs: 3 });
  expect(await erasures.unfinished()).toEqual([]);
  const [row] = await setup.database.orm.select().from(auditLog).where(eq(auditLog.id, erasure.id));
  expect(row).toMatchObject({ ...BY, action: "contact.erased", subject: contactOf(talk), before: null });
  expect(JSON.stringify(row)).not.toContain("stable-");
});

test("their clicks go, what is not uploaded yet of them never is, and what they bought stays in the books", async () => {
  const talk = await setup.meet();
  const { tenantId } = talk.thread;
  const click = { kind: "gclid", id: `click-${tenantId}` } as const;
  const sale = { accountId: "1", actionId: "1", click, convertedAt: "2026-03-01T08:00:00Z", value: "9.50" };
  const told = { isTest: false, answers: {}, consents: {}, submittedAt: setup.clock.at, payload: {} };
  await setup.write(async (stores) => {
    await stores.conversations.open(talk.thread, { at: setup.clock.at, byUser: true, click });
    await stores.leads.add({
      tenantId,
      contactId: contactOf(talk),
      source: "Meta",
      externalId: tenantId,
      click,
      ...told,
    });
  });
  const { orm } = setup.database;
  const [lead] = await orm.select().from(leads).where(eq(leads.tenantId, tenantId));
  const of = { lead: { leadId: lead?.id ?? "" }, conversation: { conversationId: talk.id }, nobody: {} };
  await setup.write(async (stores) => {
    for (const [name, whose] of Object.entries(of))
      for (const held of [undefined, "switched_off"] as const) {
        const transactionId = `${tenantId}-${name}-${held === undefined}`;
        const consent = { consent: {}, eventSource: "WEB" };
        await stores.conversions.add({ ...sale, ...consent, ...whose, tenantId, transactionId, held });
      }
  });
  const isSent = eq(conversionUploads.transactionId, `${tenantId}-lead-true`);
  await orm.update(conversionUploads).set({ status: "sent" }).where(isSent);
  await erasures.begin(contactOf(talk), BY);
  const rows = await orm
    .select()
    .from(conversionUploads)
    .where(eq(conversionUploads.tenantId, tenantId))
    .orderBy(conversionUploads.transactionId);
  const erased = { payload: { erased: true }, value: "9.500000" };
  expect(rows).toMatchObject([
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "sent", error: null },
    { status: "held", payload: { click } },
    { status: "queued", payload: { click } },
  ]);
  const left = [
    ...(await orm.select().from(leads).where(eq(leads.tenantId, tenantId))),
    ...(await orm.select().from(conversations).where(eq(conversations.tenantId, tenantId))),
  ];
  expect(left).toHaveLength(2);
  for (const row of left) expect(row).toMatchObject({ clickKind: null, clickId: null });
});

test("a name that another tenant's contact bears too is not looked for", async () => {
  const [talk, elsewhere] = [await setup.meet(), await setup.meet()];
  const phone = { channel: "phone", externalId: "15551230001", stable: false } as const;
  for (const { thread } of [talk, elsewhere])
    await setup.write((stores) =>
      stores.contacts.resolve(
        thread.tenantId,
        [{ channel: "whatsapp", externalId: `stable-${thread.tenantId}`, stable: true }, phone],
        {},
      ),
    );
  const erasure = await erasures.begin(contactOf(talk), BY);
  expect(erasure?.isAbout(jobOf({ from: phone.externalId }))).toBe(false);
  expect(erasure?.isAbout(jobOf({ from: `stable-${talk.thread.tenantId}` }))).toBe(true);
  const last = await erasures.begin(contactOf(elsewhere), BY);
  expect(last?.isAbout(jobOf({ from: phone.externalId }))).toBe(true);
});

test.each([
  ["in their profile", { phone: "15551230002" }, {}],
  ["in a lead", {}, { phone: "15551230002" }],
])("a name that another contact of the same tenant bears %s is not looked for", async (_, profile, lead) => {
  const talk = await setup.meet();
  const { tenantId } = talk.thread;
  const phone = { channel: "phone", externalId: "15551230002", stable: false } as const;
  await setup.write(async (stores) => {
    const stable = { channel: "whatsapp", externalId: `stable-${tenantId}`, stable: true } as const;
    await stores.contacts.resolve(tenantId, [stable, phone], {});
    const other = { channel: "email", externalId: `${tenantId}@x.example`, stable: true } as const;
    const contactId = await stores.contacts.resolve(tenantId, [other], profile);
    const told = { isTest: false, answers: {}, consents: {}, submittedAt: setup.clock.at, payload: {} };
    await stores.leads.add({ tenantId, contactId, source: "Meta", externalId: tenantId, ...told, ...lead });
  });
  const erasure = await erasures.begin(contactOf(talk), BY);
  expect(erasure?.isAbout(jobOf({ from: phone.externalId }))).toBe(false);
  expect(erasure?.isAbout(jobOf({ from: `stable-${tenantId}` }))).toBe(true);
  await setup.database.orm.execute(sql`update contacts set phone = null where tenant_id = ${tenantId}`);
  await setup.database.orm.execute(sql`update leads set phone = null where tenant_id = ${tenantId}`);
});

test("jobs and letters of an account that is another tenant's are theirs", async () => {
  const [talk, elsewhere] = [await setup.meet(), await setup.meet()];
  const [ours, others] = [talk.thread.tenantId, elsewhere.thread.tenantId];
  const { orm } = setup.database;
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
  const erasure = await erasures.begin(contactOf(talk), BY);
  expect(accounts.map((account) => erasure?.isAbout(jobOf(payload, account)))).toEqual([true, false, true]);
  expect(erasure?.isAbout(jobOf({ ...payload, accountId: `number-${others}/within` }))).toBe(false);
  expect(erasure?.isAbout(jobOf(payload, "unknown"))).toBe(true);
  const anyOther = { id: uuidv7(), provider: "whatsapp", externalId: "*", tenantId: others };
  await orm.insert(providerAccounts).values(anyOther);
  const [again] = (await erasures.unfinished()).filter(({ id }) => id === erasure?.id);
  expect(again?.isAbout(jobOf(payload, "unknown"))).toBe(false);
  await orm.delete(providerAccounts).where(eq(providerAccounts.id, anyOther.id));
  if (erasure) await erasures.rest(erasure);
  const letters = await orm
    .select({ account: deadLetters.account, state: deadLetters.state })
    .from(deadLetters)
    .orderBy(deadLetters.id);
  expect(letters).toEqual([
    { account: `number-${ours}`, state: "discarded" },
    { account: `number-${others}`, state: "dead" },
    { account: null, state: "discarded" },
  ]);
});

test("another's job and letter that talk of them stay, unless the job is over", async () => {
  const talk = await setup.meet();
  const { orm } = setup.database;
  await orm.delete(deadLetters);
  const name = `stable-${talk.thread.tenantId}`;
  const payload = { message: { from: "another", text: { body: `Do you know ${name}?` }, context: { from: name } } };
  await giveUp(payload);
  const erasure = await erasures.begin(contactOf(talk), BY);
  expect(erasure?.isAbout(jobOf(payload))).toBe(false);
  expect(erasure?.isAbout(jobOf(payload, undefined, true))).toBe(true);
  if (erasure) await erasures.rest(erasure);
  expect(await orm.select().from(deadLetters)).toMatchObject([{ state: "dead", payload }]);
});

test("a replay goes on without the letters of somebody who is erased", async () => {
  const talk = await setup.meet();
  const { orm } = setup.database;
  await orm.delete(deadLetters);
  const theirs = { from: `stable-${talk.thread.tenantId}` };
  for (const payload of [theirs, theirs, { from: "another" }]) await giveUp(payload);
  const store = createReplays(setup.database, uuidv7, () => setup.clock.at);
  const replay = await store.start({}, 10, BY);
  const lane = createReplayScheduler(setup.database);
  const first = await lane.step(setup.clock.at);
  expect(first.released.map(({ payload }) => payload)).toEqual([theirs]);
  const erasure = await erasures.begin(contactOf(talk), BY);
  if (erasure) await erasures.rest(erasure);
  expect((await store.find(replay?.id ?? ""))?.progress).toMatchObject({ left: 2, waiting: 1 });
  const second = await lane.step(setup.clock.at);
  for (const letter of second.released) await lane.returnDead(letter);
  expect(second.released.map(({ payload }) => payload)).toEqual([{ from: "another" }]);
  const { ended } = await lane.step(setup.clock.at);
  expect(ended).toMatchObject([{ id: replay?.id, state: "done" }]);
});

test("what was said of their letters, and asked of replays by their name, is blanked", async () => {
  const talk = await setup.meet();
  const { orm } = setup.database;
  await orm.delete(deadLetters);
  await orm.delete(replays);
  const name = `stable-${talk.thread.tenantId}`;
  for (const from of [name, "another"]) await giveUp({ from });
  const letters = await orm.select().from(deadLetters).orderBy(deadLetters.id);
  const store = createReplays(setup.database, uuidv7, () => setup.clock.at);
  for (const { id } of letters) await store.start({ ids: [id] }, 10, { actor: "Cid", reason: "a friend" });
  await orm.update(deadLetters).set({ state: "resolved", error: `no chat with ${name}` });
  await giveUp({ from: "yet another" });
  await store.start({ queue: "whatsapp-inbound", text: "broken" }, 10, { actor: "Cid", reason: `${name} called` });
  const asked = { queue: "whatsapp-inbound", text: name };
  await orm
    .update(replays)
    .set({ selection: asked })
    .where(eq(replays.reason, `${name} called`));
  const erasure = await erasures.begin(contactOf(talk), BY);
  if (erasure) await erasures.rest(erasure);
  const errors = await orm.select({ error: deadLetters.error }).from(deadLetters).orderBy(deadLetters.id);
  expect(errors.slice(0, 2).map(({ error }) => error)).toEqual(["the contact was erased", `no chat with ${name}`]);
  const [hers, other] = letters.map(({ id }) => ({ ids: [id] }));
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

test("what Telegram told of a chat that has no conversation is nobody's after it, but for another tenant's bot", async () => {
  const [talk, elsewhere] = [await setup.meet(), await setup.meet()];
  const { tenantId } = talk.thread;
  const { orm } = setup.database;
  const [bot, other] = [`bot-${tenantId}`, `other-${tenantId}`];
  const theirs = { id: uuidv7(), provider: "telegram", externalId: other, tenantId: elsewhere.thread.tenantId };
  await orm.insert(providerAccounts).values(theirs);
  const threadId = String(7_000_000_000 + Math.floor(Math.random() * 1_000_000));
  await setup.write(async (stores) => {
    const stable = { channel: "whatsapp", externalId: `stable-${tenantId}`, stable: true } as const;
    await stores.contacts.resolve(tenantId, [stable, { channel: "telegram", externalId: threadId, stable: true }], {});
  });
  const facts = [bot, other].map((accountId) => ({ channel: "telegram", accountId, threadId, reachable: false }));
  await orm.insert(threadStates).values(facts);
  await erasures.begin(contactOf(talk), BY);
  const left = await orm.select().from(threadStates).orderBy(threadStates.accountId);
  expect(left.map((row) => [row.accountId, row.threadId === threadId])).toEqual([
    [bot, false],
    [other, true],
  ]);
});

test("an event that names them in its id changes nothing when it comes again", async () => {
  const talk = await setup.meet();
  const inbox = createInbox(setup.database, uuidv7);
  const at = { correlationId: "c", receivedAt: new Date().toISOString(), payload: {} };
  const event = { v: 1, integration: "whatsapp", kind: "message", ...at } as const;
  const [theirs, other] = [`message.stable-${talk.thread.tenantId}`, `message.${uuidv7()}`];
  const come = (id: string) => inbox.applyOnce({ ...event, id }, () => Promise.resolve({ result: "written" }));
  expect(await come(theirs)).toMatchObject({ result: "written" });
  const erasure = await erasures.begin(contactOf(talk), BY);
  if (erasure) await erasures.rest(erasure);
  expect(await come(theirs)).toEqual({ result: "duplicate", followUps: [] });
  expect(await come(other)).toMatchObject({ result: "written" });
  const events = () => setup.database.orm.select().from(webhookEvents).where(eq(webhookEvents.integration, "whatsapp"));
  expect((await events()).map(({ eventId }) => eventId)).not.toContain(theirs);

  // A job of the same event that dies since is erased as well.
  await giveUp({ from: `stable-${talk.thread.tenantId}` }, undefined, theirs);
  expect((await events()).map(({ eventId }) => eventId)).toContain(theirs);
  if (erasure) await erasures.rest(erasure);
  expect((await events()).map(({ eventId }) => eventId)).not.toContain(theirs);
  expect(await come(theirs)).toMatchObject({ result: "duplicate" });
});

test("a look changes nothing", async () => {
  const talk = await setup.meet();
  await setup.hear(talk, "Hello");
  const state = () =>
    setup.database.orm.execute(sql`select contacts::text, messages::text, conversations::text
      from contacts join conversations on contact_id = contacts.id join messages on conversation_id = conversations.id
      where contacts.id = ${contactOf(talk)}`);
  const before = await state();
  expect(before).toHaveLength(1);
  expect((await erasures.look(contactOf(talk)))?.rows).toMatchObject({ contacts: 1, conversations: 1, messages: 1 });
  expect(await state()).toEqual(before);
});

/** Writes down a job that is given up. */
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
  await createDeadLetters(setup.database, uuidv7).record({ ...job, ...end, ...at });
}

/** A job of nobody's account. */
function jobOf(payload: object, account?: string, isOver = false) {
  return { integration: "whatsapp", account, ids: [], payload, isOver };
}

function contactOf({ thread }: Talk): string {
  if (thread.contactId === undefined) throw new Error("nobody's thread");
  return thread.contactId;
}
