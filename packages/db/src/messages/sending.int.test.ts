import { eq } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { beginAttempt } from "../../test/begin-attempt.ts";
import { countBlocked, textMessage, type TestConversation } from "../../test/conversations.ts";
import { useOutboundMessages } from "../../test/outbound-messages.ts";
import { conversations } from "../schema/index.ts";
import { createSendStates, type SendState } from "./send-state.ts";

const { harness, outbox, rowsOf, read, sent, fail } = useOutboundMessages();

test("5: concurrently queued messages get unique positions without gaps, in the order of their commits", async () => {
  const request = fc.record({ conversation: fc.nat(1), parts: fc.integer({ min: 1, max: 3 }), isUndone: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 10 }), async (requests) => {
      const both = [await harness.open(), await harness.open()] as const;
      const lines: [string[], string[]] = [[], []];
      await Promise.all(
        requests.map(async ({ conversation, parts, isUndone }) => {
          const queued = Array.from({ length: parts }, (_, part) => textMessage(`part ${part}`));
          const undone = new Error("undone");
          const written = harness.write(async (stores) => {
            const conversationId = both[conversation === 0 ? 0 : 1].id;
            await stores.outbox.queue({ conversationId, author: "person", messages: queued, at: harness.clock.at });
            if (isUndone) throw undone;
            // The conversation is locked until the commit, so later transactions appear here later.
            lines[conversation === 0 ? 0 : 1].push(...queued.map(({ id }) => id));
          });
          await written.catch((error: unknown) => {
            if (error !== undone) throw error;
          });
        }),
      );
      for (const [index, conversation] of both.entries()) {
        const rows = await rowsOf(conversation);
        expect(rows.map(({ id }) => id)).toEqual(lines[index]);
        expect(rows.map(({ position }) => position)).toEqual(rows.map((_, place) => place + 1));
      }
    }),
    { numRuns: 15 },
  );
});

test("5: a transaction that queues during another one waits and gets later positions", async () => {
  const conversation = await harness.open();
  let second: Promise<string[]> | undefined;
  await harness.write(async (stores) => {
    const first = [textMessage("first")];
    await stores.outbox.queue({ conversationId: conversation.id, author: "ai", messages: first, at: harness.clock.at });
    second = harness.send(conversation, "second");
    await until("the second waits", async () => (await countBlocked(harness.database)) > 0);
  });
  await second;
  expect((await rowsOf(conversation)).map(({ body, position }) => [body, position])).toEqual([
    ["first", 1],
    ["second", 2],
  ]);
});

test("each message is queued with its own job, and a repetition returns the job again without a second row", async () => {
  const conversation = await harness.open();
  const parts = [textMessage("one"), textMessage("two")];
  const queue = () =>
    harness.write((stores) =>
      stores.outbox.queue({ conversationId: conversation.id, author: "person", messages: parts, at: harness.clock.at }),
    );
  const { followUps } = await queue();
  const { accountId } = conversation.thread;
  expect(followUps).toEqual(
    parts.map(({ id }) => {
      const payload = { messageId: id, accountId, conversationId: conversation.id };
      return { integration: "whatsapp", role: "outbound", id: `send.${id}`, kind: "send", payload };
    }),
  );
  const before = await rowsOf(conversation);
  expect(before).toMatchObject(
    parts.map(({ content }) => {
      return { status: "queued", author: "person", direction: "outbound", externalId: null, payload: content };
    }),
  );
  expect((await queue()).followUps).toEqual(followUps);
  expect(await rowsOf(conversation)).toEqual(before);
  expect((await rowsOf(conversation)).map(({ position }) => position)).toEqual([1, 2]);
  await harness.send(conversation, "three");
  expect((await rowsOf(conversation)).map(({ position }) => position)).toEqual([1, 2, 3]);
});

test("3: an id of another message, or of another conversation, is rejected with all messages of the request", async () => {
  const [conversation, other] = [await harness.open(), await harness.open()];
  const [taken = ""] = await harness.send(conversation, "one");
  for (const [place, text] of [
    [conversation, "another"],
    [other, "one"],
  ] as const) {
    const parts = [textMessage("new"), textMessage(text, taken)];
    const queued = { conversationId: place.id, author: "person", messages: parts, at: harness.clock.at } as const;
    const refused = harness.write((stores) => stores.outbox.queue(queued));
    await expect(refused).rejects.toMatchObject({ code: "idempotency_key", next: { kind: "permanent" } });
  }
  expect((await rowsOf(conversation)).map(({ body }) => body)).toEqual(["one"]);
  expect(await rowsOf(other)).toEqual([]);
});

test("a message or an action in an unknown conversation fails permanently", async () => {
  const nowhere = { conversationId: uuidv7(), at: harness.clock.at };
  const queue = harness.write((stores) =>
    stores.outbox.queue({ ...nowhere, author: "ai", messages: [textMessage("one")] }),
  );
  await expect(queue).rejects.toMatchObject({ code: "no_conversation", next: { kind: "permanent" } });
  const act = harness.write((stores) => stores.outbox.act({ ...nowhere, id: "1", action: "typing" }));
  await expect(act).rejects.toMatchObject({ code: "no_conversation", next: { kind: "permanent" } });
  expect(await outbox.findTarget(nowhere.conversationId)).toBeUndefined();
  expect(await outbox.find(uuidv7())).toBeUndefined();
});

test("an action gets no position", async () => {
  const conversation = await harness.open();
  const { followUps } = await harness.write((stores) =>
    stores.outbox.act({ id: "7", conversationId: conversation.id, action: { type: "typing" } }),
  );
  const payload = {
    accountId: conversation.thread.accountId,
    conversationId: conversation.id,
    action: { type: "typing" },
  };
  expect(followUps).toEqual([{ integration: "whatsapp", role: "outbound", id: "act.7", kind: "act", payload }]);
  expect(await rowsOf(conversation)).toEqual([]);
  expect(await outbox.findTarget(conversation.id)).toMatchObject({
    conversationId: conversation.id,
    threadId: conversation.thread.threadId,
  });
});

test("5: a message counts the unsent messages ahead of it, until each of them is terminal", async () => {
  const [conversation, other] = [await harness.open(), await harness.open()];
  await harness.send(other, "elsewhere");
  const ids = await harness.send(conversation, "sent", "failed", "suppressed", "last");
  const [one = "", two = "", three = "", four = ""] = ids;
  const ahead = () => Promise.all(ids.map(async (id) => (await outbox.find(id))?.ahead));
  expect(await ahead()).toEqual([0, 1, 2, 3]);
  expect(await outbox.nextUnsent(conversation.id, 1)).toBe(two);
  await beginAttempt(outbox, one, harness.clock.at);
  expect(await ahead()).toEqual([0, 1, 2, 3]);
  await sent(one);
  expect(await ahead()).toEqual([0, 0, 1, 2]);
  await fail(two);
  expect(await outbox.nextUnsent(conversation.id, 1)).toBe(three);
  await harness.write((stores) => stores.outbox.suppress(three, "a person took over"));
  expect(await ahead()).toEqual([0, 0, 0, 0]);
  expect(await outbox.nextUnsent(conversation.id, 1)).toBe(four);
  await sent(four);
  expect(await outbox.nextUnsent(conversation.id, 1)).toBeUndefined();
});

test("a replay sends a failed message, but no suppressed or sent one", async () => {
  const conversation = await harness.open();
  const [queued = "", sending = "", failed = "", suppressed = "", taken = ""] = await harness.send(
    conversation,
    "a",
    "b",
    "c",
    "d",
    "e",
  );
  await beginAttempt(outbox, sending, harness.clock.at);
  await fail(failed);
  await harness.write((stores) => stores.outbox.suppress(suppressed, "a person took over"));
  await sent(taken);
  const isTerminal = async (id: string) => (await outbox.find(id))?.isTerminal;
  for (const id of [queued, sending, failed]) expect(await isTerminal(id)).toBe(false);
  for (const id of [suppressed, taken]) expect(await isTerminal(id)).toBe(true);
  for (const id of [suppressed, taken]) await beginAttempt(outbox, id, harness.clock.at);
  expect((await read(suppressed))?.status).toBe("suppressed");
  expect((await read(taken))?.status).toBe("sent");
  await beginAttempt(outbox, failed, harness.clock.at);
  expect(await read(failed)).toMatchObject({ status: "sending", error: null });
});

test("12: an attempt is uncertain from its beginning until its result is known, and rate limit hits add up", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  await outbox.setSendSlot(id, 5_000);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: undefined, sendSlotInMs: 5_000 });
  await beginAttempt(outbox, id, harness.clock.at);
  expect(await outbox.find(id)).toMatchObject({
    attemptedAt: harness.clock.at,
    sendSlotInMs: undefined,
    status: "sending",
  });
  const earlier = new Date(harness.clock.at.getTime() - 1);
  await outbox.markRejected(id, earlier, true);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: harness.clock.at, message: { rateLimitHits: 0 } });
  await outbox.markRejected(id, harness.clock.at, true);
  await beginAttempt(outbox, id, harness.clock.at);
  await outbox.markRejected(id, harness.clock.at, true);
  await beginAttempt(outbox, id, harness.clock.at);
  await outbox.markRejected(id, harness.clock.at, false);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: undefined, message: { rateLimitHits: 2 } });
  await beginAttempt(outbox, id, harness.clock.at);
  await sent(id, "wamid.9");
  expect(await outbox.find(id)).toMatchObject({
    attemptedAt: undefined,
    isTerminal: true,
    message: { rateLimitHits: 0 },
  });
  await outbox.markRejected(id, harness.clock.at, true);
  expect(await outbox.find(id)).toMatchObject({ isTerminal: true, message: { rateLimitHits: 0 } });
});

test("5: a merge keeps the order of messages, positions stay unique, and numbering continues", async () => {
  const [old, other] = [await harness.open("telegram", "group"), await harness.open("telegram", "group")];
  const renamed: TestConversation = { ...other, thread: { ...other.thread, accountId: old.thread.accountId } };
  await harness.database.orm
    .update(conversations)
    .set({ accountId: old.thread.accountId })
    .where(eq(conversations.id, other.id));
  await harness.send(old, "old 1", "old 2");
  const [first = ""] = await harness.send(renamed, "new 1", "new 2");
  await sent(first);
  await harness.write((stores) =>
    stores.conversations.migrate("telegram", old.thread.accountId, old.thread.threadId, renamed.thread.threadId),
  );
  await harness.send(renamed, "both");
  const rows = await rowsOf(renamed);
  expect(rows.map(({ body, position }) => [body, position])).toEqual([
    ["new 1", 1],
    ["new 2", 2],
    ["old 1", 3],
    ["old 2", 4],
    ["both", 5],
  ]);
  const ahead = await Promise.all(rows.map(async ({ id }) => (await outbox.find(id))?.ahead));
  expect(ahead).toEqual([0, 0, 1, 2, 3]);
});

test("a thread that moves during a send continues with its new id", async () => {
  const conversation = await harness.open("telegram", "group");
  const [id = "", next = ""] = await harness.send(conversation, "one", "two");
  const moved = { externalId: "-1001/7", movedTo: "-1001" };
  await harness.write((stores) => stores.outbox.markSent(id, moved, harness.clock.at));
  expect((await outbox.find(next))?.message).toMatchObject({ threadId: "-1001", conversationId: conversation.id });
});

test("a message is found with its recipient's identities, stable ones first, and unreachability is recorded", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  const number = { channel: "whatsapp", externalId: `31${conversation.thread.tenantId}`, stable: false } as const;
  const stable = { channel: "whatsapp", externalId: `stable-${conversation.thread.tenantId}`, stable: true } as const;
  await harness.write((stores) => stores.contacts.resolve(conversation.thread.tenantId, [number, stable], {}));
  const found = await outbox.find(id);
  expect(found?.message.recipients).toEqual([
    { externalId: stable.externalId, stable: true },
    { externalId: number.externalId, stable: false },
  ]);
  expect(found).toMatchObject({ message: { lastUserMessageAt: harness.clock.at }, answer: undefined });
  await outbox.markUnreachable(conversation.id, harness.clock.at);
  const [row] = await harness.database.orm.select().from(conversations).where(eq(conversations.id, conversation.id));
  expect(row).toMatchObject({ reachable: false, reachableChangedAt: harness.clock.at });
});

test("12: the age of an attempt does not depend on the clock of the worker that began it", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "once");
  const states = createSendStates(harness.database);
  expect((await states.find(id))?.attemptAgeMs).toBeUndefined();
  for (const ahead of [-300_000, 300_000]) {
    expect(await beginAttempt(states, id, new Date(Date.now() + ahead))).toBe(true);
    const ageMs = (await states.find(id))?.attemptAgeMs ?? Number.NaN;
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBeLessThan(60_000);
  }
});

test("12: of two workers that read the same state of a message one sends it", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "once");
  const begin = (seen: SendState | undefined) => seen && outbox.begin(seen, harness.clock.at);
  const queued = await outbox.find(id);
  const begun = await Promise.all([begin(queued), begin(queued)]);
  expect(begun.filter(Boolean)).toHaveLength(1);
  const sending = await outbox.find(id);
  harness.advance(1);
  expect(await begin(sending)).toBe(true);
  expect(await begin(sending)).toBe(false);
});

test("8: a worker that lost its job does not begin a message that became a dead letter meanwhile", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "rejected");
  const queued = await outbox.find(id);
  await fail(id);
  expect(queued && (await outbox.begin(queued, harness.clock.at))).toBe(false);
  expect(await read(id)).toMatchObject({ status: "failed", attemptedAt: null });
  expect(await beginAttempt(outbox, id, harness.clock.at)).toBe(true);
});
