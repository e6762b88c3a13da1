import { asc, eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MessageStatus, uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { openConversations, partOf, type Talk, waiting } from "../../test/conversations.ts";
import { conversations, messages } from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createSendStates, type SendStates } from "./send-state.ts";

let talks: Awaited<ReturnType<typeof openConversations>>;
let outbox: SendStates;

beforeAll(async () => {
  talks = await openConversations();
  outbox = createSendStates(talks.database);
});

afterAll(() => talks.close());

const rowsOf = ({ id }: Talk) =>
  talks.database.orm.select().from(messages).where(eq(messages.conversationId, id)).orderBy(asc(messages.position));

async function read(messageId: string) {
  const [row] = await talks.database.orm.select().from(messages).where(eq(messages.id, messageId));
  return row;
}

const sent = (messageId: string, externalId = uuidv7()) =>
  talks.write((stores) => stores.outbox.markSent(messageId, { externalId }, talks.clock.at));

const tell = ({ thread }: Talk, status: MessageStatus, externalId: string, messageId?: string) =>
  talks.write((stores) => {
    const key = { channel: thread.channel, accountId: thread.accountId, externalId };
    return stores.messages.addStatus({ ...key, status, at: talks.clock.at, payload: {}, messageId });
  });

const giveUp = (messageId: string, failedAt = new Date(), eventId = `send.${messageId}`) =>
  createDeadLetters(talks.database, uuidv7).record({
    queue: "whatsapp-outbound",
    jobId: eventId,
    integration: "whatsapp",
    eventId,
    kind: "send",
    payload: { messageId },
    errorKind: "permanent",
    error: "no such template",
    attempts: 1,
    correlationId: "c-1",
    receivedAt: failedAt,
    failedAt,
  });

test("5: however many queue at once, places have no gap and no double, and the line is the order of commits", async () => {
  const request = fc.record({ talk: fc.nat(1), parts: fc.integer({ min: 1, max: 3 }), isUndone: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 10 }), async (requests) => {
      const both = [await talks.meet(), await talks.meet()] as const;
      const lines: [string[], string[]] = [[], []];
      await Promise.all(
        requests.map(async ({ talk, parts, isUndone }) => {
          const queued = Array.from({ length: parts }, (_, part) => partOf(`part ${part}`));
          const undone = new Error("undone");
          const written = talks.write(async (stores) => {
            const conversationId = both[talk === 0 ? 0 : 1].id;
            await stores.outbox.queue({ conversationId, author: "person", messages: queued, at: talks.clock.at });
            if (isUndone) throw undone;
            // The conversation is held until the commit: whoever comes later is seen here later.
            lines[talk === 0 ? 0 : 1].push(...queued.map(({ id }) => id));
          });
          await written.catch((error: unknown) => {
            if (error !== undone) throw error;
          });
        }),
      );
      for (const [index, talk] of both.entries()) {
        const rows = await rowsOf(talk);
        expect(rows.map(({ id }) => id)).toEqual(lines[index]);
        expect(rows.map(({ position }) => position)).toEqual(rows.map((_, place) => place + 1));
      }
    }),
    { numRuns: 15 },
  );
});

test("5: who queues while another does waits, and stands behind them", async () => {
  const talk = await talks.meet();
  let second: Promise<string[]> | undefined;
  await talks.write(async (stores) => {
    const first = [partOf("first")];
    await stores.outbox.queue({ conversationId: talk.id, author: "ai", messages: first, at: talks.clock.at });
    second = talks.say(talk, "second");
    await until("the second waits", async () => (await waiting(talks.database)) > 0);
  });
  await second;
  expect((await rowsOf(talk)).map(({ body, position }) => [body, position])).toEqual([
    ["first", 1],
    ["second", 2],
  ]);
});

test("each message is queued with a job of its own, which a repetition tells again without a second row", async () => {
  const talk = await talks.meet();
  const parts = [partOf("one"), partOf("two")];
  const queue = () =>
    talks.write((stores) =>
      stores.outbox.queue({ conversationId: talk.id, author: "person", messages: parts, at: talks.clock.at }),
    );
  const { followUps } = await queue();
  const { accountId } = talk.thread;
  expect(followUps).toEqual(
    parts.map(({ id }) => {
      const payload = { messageId: id, accountId, conversationId: talk.id };
      return { integration: "whatsapp", role: "outbound", id: `send.${id}`, kind: "send", payload };
    }),
  );
  const before = await rowsOf(talk);
  expect(before).toMatchObject(
    parts.map(({ content }) => {
      return { status: "queued", author: "person", direction: "outbound", externalId: null, payload: content };
    }),
  );
  expect((await queue()).followUps).toEqual(followUps);
  expect(await rowsOf(talk)).toEqual(before);
  expect((await rowsOf(talk)).map(({ position }) => position)).toEqual([1, 2]);
  await talks.say(talk, "three");
  expect((await rowsOf(talk)).map(({ position }) => position)).toEqual([1, 2, 3]);
});

test("3: an id that stands for another message, or for one elsewhere, is refused with all that came with it", async () => {
  const [talk, other] = [await talks.meet(), await talks.meet()];
  const [taken = ""] = await talks.say(talk, "one");
  for (const [place, text] of [
    [talk, "another"],
    [other, "one"],
  ] as const) {
    const parts = [partOf("new"), partOf(text, taken)];
    const queued = { conversationId: place.id, author: "person", messages: parts, at: talks.clock.at } as const;
    const refused = talks.write((stores) => stores.outbox.queue(queued));
    await expect(refused).rejects.toMatchObject({ code: "idempotency_key", next: { kind: "permanent" } });
  }
  expect((await rowsOf(talk)).map(({ body }) => body)).toEqual(["one"]);
  expect(await rowsOf(other)).toEqual([]);
});

test("what is to be said or done in a conversation that there is not is given up at once", async () => {
  const nowhere = { conversationId: uuidv7(), at: talks.clock.at };
  const queue = talks.write((stores) => stores.outbox.queue({ ...nowhere, author: "ai", messages: [partOf("one")] }));
  await expect(queue).rejects.toMatchObject({ code: "no_conversation", next: { kind: "permanent" } });
  const act = talks.write((stores) => stores.outbox.act({ ...nowhere, id: "1", action: "typing" }));
  await expect(act).rejects.toMatchObject({ code: "no_conversation", next: { kind: "permanent" } });
  expect(await outbox.findTarget(nowhere.conversationId)).toBeUndefined();
  expect(await outbox.find(uuidv7())).toBeUndefined();
});

test("an action takes no place in the line", async () => {
  const talk = await talks.meet();
  const { followUps } = await talks.write((stores) =>
    stores.outbox.act({ id: "7", conversationId: talk.id, action: { type: "typing" } }),
  );
  const payload = { accountId: talk.thread.accountId, conversationId: talk.id, action: { type: "typing" } };
  expect(followUps).toEqual([{ integration: "whatsapp", role: "outbound", id: "act.7", kind: "act", payload }]);
  expect(await rowsOf(talk)).toEqual([]);
  expect(await outbox.findTarget(talk.id)).toMatchObject({ conversationId: talk.id, threadId: talk.thread.threadId });
});

test("5: a message knows how many go before it, until each of them is settled in whatever way", async () => {
  const [talk, other] = [await talks.meet(), await talks.meet()];
  await talks.say(other, "elsewhere");
  const ids = await talks.say(talk, "sent", "failed", "suppressed", "last");
  const [one = "", two = "", three = "", four = ""] = ids;
  const ahead = () => Promise.all(ids.map(async (id) => (await outbox.find(id))?.ahead));
  expect(await ahead()).toEqual([0, 1, 2, 3]);
  expect(await outbox.next(talk.id, 1)).toBe(two);
  await outbox.begin(one, talks.clock.at);
  expect(await ahead()).toEqual([0, 1, 2, 3]);
  await sent(one);
  expect(await ahead()).toEqual([0, 0, 1, 2]);
  await giveUp(two);
  expect(await outbox.next(talk.id, 1)).toBe(three);
  await talks.write((stores) => stores.outbox.suppress(three, "a person took over"));
  expect(await ahead()).toEqual([0, 0, 0, 0]);
  expect(await outbox.next(talk.id, 1)).toBe(four);
  await sent(four);
  expect(await outbox.next(talk.id, 1)).toBeUndefined();
});

test("what was given up is sent when it has a job again, what was suppressed or sent is not", async () => {
  const talk = await talks.meet();
  const [queued = "", sending = "", failed = "", suppressed = "", taken = ""] = await talks.say(
    talk,
    "a",
    "b",
    "c",
    "d",
    "e",
  );
  await outbox.begin(sending, talks.clock.at);
  await giveUp(failed);
  await talks.write((stores) => stores.outbox.suppress(suppressed, "a person took over"));
  await sent(taken);
  const settled = async (id: string) => (await outbox.find(id))?.isTerminal;
  for (const id of [queued, sending, failed]) expect(await settled(id)).toBe(false);
  for (const id of [suppressed, taken]) expect(await settled(id)).toBe(true);
  for (const id of [suppressed, taken]) await outbox.begin(id, talks.clock.at);
  expect((await read(suppressed))?.status).toBe("suppressed");
  expect((await read(taken))?.status).toBe("sent");
  await outbox.begin(failed, talks.clock.at);
  expect(await read(failed)).toMatchObject({ status: "sending", error: null });
});

test("12: a try is uncertain from its beginning until the platform refuses or takes it, and rateLimitHits add up", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  await outbox.setSendSlot(id, talks.clock.at);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: undefined, sendSlotAt: talks.clock.at });
  await outbox.begin(id, talks.clock.at);
  expect(await outbox.find(id)).toMatchObject({
    attemptedAt: talks.clock.at,
    sendSlotAt: undefined,
    status: "sending",
  });
  const earlier = new Date(talks.clock.at.getTime() - 1);
  await outbox.refused(id, earlier, true);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: talks.clock.at, message: { rateLimitHits: 0 } });
  await outbox.refused(id, talks.clock.at, true);
  await outbox.begin(id, talks.clock.at);
  await outbox.refused(id, talks.clock.at, true);
  await outbox.begin(id, talks.clock.at);
  await outbox.refused(id, talks.clock.at, false);
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: undefined, message: { rateLimitHits: 2 } });
  await outbox.begin(id, talks.clock.at);
  await sent(id, "wamid.9");
  expect(await outbox.find(id)).toMatchObject({ attemptedAt: undefined, settled: true, message: { rateLimitHits: 0 } });
  await outbox.refused(id, talks.clock.at, true);
  expect(await outbox.find(id)).toMatchObject({ settled: true, message: { rateLimitHits: 0 } });
});

test("6, 12: the answer and what the platform tells by our id, in every order, doubled, or without the other, end the same", async () => {
  const ranks = ["sending", "sent", "delivered", "read"] as const;
  const step = fc.constantFrom("answer" as const, "sent" as const, "delivered" as const, "read" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
      const talk = await talks.meet();
      const [id = "", next = ""] = await talks.say(talk, "one", "two");
      await outbox.begin(id, talks.clock.at);
      const externalId = uuidv7();
      const wakes: boolean[] = [];
      for (const each of steps) {
        if (each === "answer") await sent(id, externalId);
        else wakes.push((await tell(talk, each, externalId, id)).followUps.some(({ promote: wake }) => wake));
      }
      const furthest = Math.max(0, ...steps.map((each) => ranks.indexOf(each === "answer" ? "sent" : each)));
      const known = steps.length > 0;
      expect(await read(id)).toMatchObject({
        status: ranks[furthest],
        externalId: known ? externalId : null,
        attemptedAt: known ? null : talks.clock.at,
      });
      // The first word of a message whose answer did not come wakes its job; nothing else does.
      expect(wakes).toEqual(wakes.map((_, index) => index === 0 && steps[0] !== "answer"));
      expect((await outbox.find(next))?.ahead).toBe(known ? 0 : 1);
    }),
    { numRuns: 25 },
  );
});

test("12: a message keeps the id under which the platform told of it first, and how far it got", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  const first = uuidv7();
  await tell(talk, "read", first, id);
  await sent(id, uuidv7());
  await tell(talk, "sent", uuidv7(), id);
  expect(await read(id)).toMatchObject({ externalId: first, status: "read" });
});

test("6: what a platform that gives no id of ours back told before the answer is applied with it", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  const externalId = uuidv7();
  expect((await tell(talk, "delivered", externalId)).followUps).toEqual([]);
  expect((await read(id))?.status).toBe("queued");
  await sent(id, externalId);
  expect((await read(id))?.status).toBe("delivered");
});

test("an id of ours in the status of another account, or of what came in, means nothing", async () => {
  const [talk, other] = [await talks.meet(), await talks.meet()];
  const [id = ""] = await talks.say(talk, "one");
  expect((await tell(other, "sent", uuidv7(), id)).followUps).toEqual([]);
  expect(await read(id)).toMatchObject({ status: "queued", externalId: null });
  expect((await tell(talk, "sent", uuidv7(), uuidv7())).followUps).toEqual([]);
});

test("6: a message that the platform failed stays so, whatever it tells afterwards", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  const externalId = uuidv7();
  await tell(talk, "failed", externalId, id);
  expect(await read(id)).toMatchObject({ status: "failed", externalId });
  expect((await outbox.find(id))?.isTerminal).toBe(true);
  await tell(talk, "read", externalId, id);
  await sent(id, externalId);
  expect((await read(id))?.status).toBe("failed");
});

test("a dead letter ends its message with the reason, once, and what the platform tells of it later counts", async () => {
  const talk = await talks.meet();
  const [id = "", suppressed = "", taken = ""] = await talks.say(talk, "one", "two", "three");
  await outbox.begin(id, talks.clock.at);
  const failedAt = new Date();
  expect(await giveUp(id, failedAt)).toBe(true);
  expect(await giveUp(id, failedAt)).toBe(false);
  expect(await read(id)).toMatchObject({ status: "failed", error: "no such template" });
  const externalId = uuidv7();
  await tell(talk, "delivered", externalId, id);
  expect(await read(id)).toMatchObject({ status: "delivered", externalId, error: null });
  // One that is told twice must not end a message that went out in between.
  await giveUp(id, failedAt);
  await talks.write((stores) => stores.outbox.suppress(suppressed, "a person took over"));
  await sent(taken);
  for (const each of [suppressed, taken]) await giveUp(each);
  for (const [each, status] of [
    [id, "delivered"],
    [suppressed, "suppressed"],
    [taken, "sent"],
  ] as const)
    expect((await read(each))?.status).toBe(status);
});

test("what is on its way or there cannot be suppressed any more", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  await sent(id);
  await talks.write((stores) => stores.outbox.suppress(id, "a person took over"));
  expect((await read(id))?.status).toBe("sent");
});

test("5: when two threads become one, their messages keep their order, places stay distinct, and the line goes on", async () => {
  const [old, other] = [await talks.meet("telegram", "group"), await talks.meet("telegram", "group")];
  const renamed: Talk = { ...other, thread: { ...other.thread, accountId: old.thread.accountId } };
  await talks.database.orm
    .update(conversations)
    .set({ accountId: old.thread.accountId })
    .where(eq(conversations.id, other.id));
  await talks.say(old, "old 1", "old 2");
  const [first = ""] = await talks.say(renamed, "new 1", "new 2");
  await sent(first);
  await talks.write((stores) =>
    stores.conversations.migrate("telegram", old.thread.accountId, old.thread.threadId, renamed.thread.threadId),
  );
  await talks.say(renamed, "both");
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

test("a thread that has moved while a message was sent into it goes on under its new id", async () => {
  const talk = await talks.meet("telegram", "group");
  const [id = "", next = ""] = await talks.say(talk, "one", "two");
  const moved = { externalId: "-1001/7", movedTo: "-1001" };
  await talks.write((stores) => stores.outbox.markSent(id, moved, talks.clock.at));
  expect((await outbox.find(next))?.message).toMatchObject({ threadId: "-1001", conversationId: talk.id });
});

test("a message is found with the names of the other side, stable ones first, and whether it can be reached is kept", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "one");
  const number = { channel: "whatsapp", externalId: `31${talk.thread.tenantId}`, stable: false } as const;
  const stable = { channel: "whatsapp", externalId: `stable-${talk.thread.tenantId}`, stable: true } as const;
  await talks.write((stores) => stores.contacts.resolve(talk.thread.tenantId, [number, stable], {}));
  const found = await outbox.find(id);
  expect(found?.message.recipients).toEqual([
    { externalId: stable.externalId, stable: true },
    { externalId: number.externalId, stable: false },
  ]);
  expect(found).toMatchObject({ message: { lastUserMessageAt: talks.clock.at }, fence: undefined });
  await outbox.unreachable(talk.id, talks.clock.at);
  const [row] = await talks.database.orm.select().from(conversations).where(eq(conversations.id, talk.id));
  expect(row).toMatchObject({ reachable: false, reachableChangedAt: talks.clock.at });
});

test("12: of two workers that found a message in the same state one sends it", async () => {
  const talk = await talks.meet();
  const [id = ""] = await talks.say(talk, "once");
  const begun = await Promise.all([1, 2].map(() => outbox.begin(id, talks.clock.at)));
  expect(begun.filter(Boolean)).toHaveLength(1);
  const seen = (await outbox.find(id))?.attemptedAt;
  talks.pass(1);
  expect(await outbox.begin(id, talks.clock.at, seen)).toBe(true);
  expect(await outbox.begin(id, talks.clock.at, seen)).toBe(false);
});
