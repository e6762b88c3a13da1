import { and, asc, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { openConversations, partOf, type Talk, TIMINGS, waiting } from "../../test/conversations.ts";
import { type Database, openDatabase } from "../connection/database.ts";
import { conversations, messages, auditLog, aiTurns as table } from "../schema/index.ts";
import { createTakeoverLock, type TakeoverLock } from "./takeover-lock.ts";
import { createSendStates } from "../messages/send-state.ts";
import { createAiTurns, type AiTurns } from "../ai-turns/next-step.ts";

let talks: Awaited<ReturnType<typeof openConversations>>;
let lockDatabase: Database;
let turns: AiTurns;
let fence: TakeoverLock;

beforeAll(async () => {
  talks = await openConversations();
  lockDatabase = openDatabase(talks.databaseUrl, { maxConnections: 4, name: "test-fence" });
  turns = createAiTurns(talks.database, TIMINGS, () => talks.clock.at);
  fence = createTakeoverLock(lockDatabase);
});

afterAll(async () => {
  await lockDatabase.close();
  await talks.close();
});

async function read({ id }: Talk) {
  const [row] = await talks.database.orm.select().from(conversations).where(eq(conversations.id, id));
  return { mode: row?.mode, epoch: row?.epoch };
}

const changesOf = ({ id }: Talk) =>
  talks.database.orm.select().from(auditLog).where(eq(auditLog.subject, id)).orderBy(asc(auditLog.id));

async function openTurnOf({ id }: Talk): Promise<string | undefined> {
  const rows = await talks.database.orm.select().from(table).where(eq(table.conversationId, id));
  return rows.find(({ state }) => state === "debouncing" || state === "awaiting_reply")?.id;
}

/** Queues texts of the AI as answers of the present epoch. */
async function answerWith(talk: Talk, ...texts: readonly string[]): Promise<string[]> {
  await talks.hear(talk, "Hello");
  const turnId = (await openTurnOf(talk)) ?? "";
  talks.pass(TIMINGS.debounceMs);
  await turns.next(turnId);
  await turns.accepted(turnId);
  const parts = texts.map((text) => partOf(text));
  await talks.write((stores) => stores.aiTurns.answer({ turnId, messages: parts, at: talks.clock.at }));
  const rows = await talks.database.orm
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turnId), eq(messages.author, "ai")))
    .orderBy(asc(messages.position));
  return rows.map(({ id }) => id);
}

test("the epoch rises once with every change and never without one, and every change is one row", async () => {
  const modes = fc.array(fc.constantFrom("human" as const, "ai" as const), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(modes, async (list) => {
      const talk = await talks.meet();
      let now = { mode: "ai", epoch: 0 };
      const changes = [];
      for (const mode of list) {
        const { value } = await talks.turnOver(talk, mode);
        expect(value).toBe(mode !== now.mode);
        const after = value ? { mode, epoch: now.epoch + 1 } : now;
        const action = mode === "human" ? "conversation.taken_over" : "conversation.handed_back";
        if (value) changes.push({ actor: "Bea", action, reason: null, before: now, after });
        now = after;
        expect(await read(talk)).toEqual(now);
      }
      expect(await changesOf(talk)).toMatchObject(changes);
      expect(await changesOf(talk)).toHaveLength(changes.length);
    }),
    { numRuns: 10 },
  );
});

test("of many that take over at once one does", async () => {
  const talk = await talks.meet();
  const done = await Promise.all(Array.from({ length: 8 }, () => talks.turnOver(talk, "human")));
  expect(done.filter(({ value }) => value)).toHaveLength(1);
  expect(await read(talk)).toEqual({ mode: "human", epoch: 1 });
  expect(await changesOf(talk)).toHaveLength(1);
});

test("7: a takeover takes back what the AI has not sent, and nothing else", async () => {
  const [talk, elsewhere] = [await talks.meet(), await talks.meet()];
  const outbox = createSendStates(talks.database);
  const ids = await answerWith(talk, "sent", "uncertain", "refused", "queued");
  const [sent = "", uncertain = "", refused = "", queued = ""] = ids;
  const [persons = ""] = await talks.say(talk, "a person's");
  const [others = ""] = await answerWith(elsewhere, "another conversation's");
  for (const id of [sent, uncertain, refused]) await outbox.begin(id, talks.clock.at);
  await talks.write((stores) => stores.outbox.markSent(sent, { externalId: "wamid.t1" }, talks.clock.at));
  await outbox.refused(refused, talks.clock.at, true);
  const { followUps } = await talks.turnOver(talk, "human");
  const states = async () => {
    const rows = await talks.database.orm.select().from(messages).where(eq(messages.direction, "outbound"));
    return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
  };
  expect(await states()).toMatchObject({
    [sent]: "sent",
    [uncertain]: "sending",
    [refused]: "suppressed",
    [queued]: "suppressed",
    [persons]: "queued",
    [others]: "queued",
  });
  const wakes = followUps.map(({ id, promote: wake }) => [id, wake]);
  expect(new Set(wakes.map(String))).toEqual(new Set([`send.${refused},true`, `send.${queued},true`]));
  // What nobody knows of yet stops at the fence, and the person's own message is next.
  expect(await outbox.find(persons)).toMatchObject({ ahead: 1, fence: undefined });
  expect(await outbox.find(uncertain)).toMatchObject({ fence: { epoch: 0 } });
});

test("a takeover ends the open question, whatever it waits for, and wakes its job", async () => {
  for (const isAsked of [false, true]) {
    const talk = await talks.meet();
    await talks.hear(talk, "Hello");
    const turnId = (await openTurnOf(talk)) ?? "";
    talks.pass(TIMINGS.debounceMs);
    if (isAsked) await turns.next(turnId);
    const { followUps } = await talks.turnOver(talk, "human");
    expect(followUps.map(({ id, promote: wake }) => [id, wake])).toEqual([[`turn.${turnId}`, true]]);
    expect(await openTurnOf(talk)).toBeUndefined();
    expect(await turns.next(turnId)).toEqual({ step: "over", why: "taken_over" });
    expect(await talks.hear(talk, "Are you there?")).toEqual([]);
    expect(await openTurnOf(talk)).toBeUndefined();
  }
});

test("whatever happens before, the AI is asked exactly what nobody answered and what was said to a person since", async () => {
  const step = fc.constantFrom("hear", "hear", "ask", "answer", "say", "human", "ai");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const talk = await talks.meet();
      const model: Model = { mode: "ai", isAsked: false, unanswered: [], unsent: [] };
      for (const [index, each] of steps.entries()) {
        const came = await happen(talk, each, `text ${index}`);
        expect([index, each, came]).toEqual([index, each, expectedOf(model, each, `text ${index}`)]);
        const isOpen = model.mode === "ai" && model.unanswered.length > 0;
        expect((await openTurnOf(talk)) !== undefined).toBe(isOpen);
      }
    }),
    { numRuns: 60 },
  );
});

type Step = "hear" | "ask" | "answer" | "say" | "human" | "ai";

/** What is asked, what became of an answer, whether a change of hands was one. */
async function happen(talk: Talk, step: Step, text: string): Promise<unknown> {
  const turnId = (await openTurnOf(talk)) ?? uuidv7();
  switch (step) {
    case "hear":
      await talks.hear(talk, text);
      return undefined;
    case "say":
      await talks.say(talk, text);
      return undefined;
    case "ask": {
      talks.pass(TIMINGS.debounceMs);
      const next = await turns.next(turnId);
      if (next.step !== "ask") return next.step;
      await turns.accepted(turnId);
      return next.question.messages.map((message) => message.text);
    }
    case "answer": {
      // Nobody answers what was not asked.
      const [turn] = await talks.database.orm.select().from(table).where(eq(table.id, turnId));
      if (turn?.state === "debouncing") return "late";
      const answer = { turnId, messages: [partOf(text)], at: talks.clock.at };
      return (await talks.write((stores) => stores.aiTurns.answer(answer))).value;
    }
    case "human":
    case "ai":
      return (await talks.turnOver(talk, step)).value;
  }
}

/** What the AI is to be told next, and what it answered with messages that are not sent, as none is here. */
type Model = { mode: string; isAsked: boolean; unanswered: string[]; unsent: string[] };

/** The same as it must be. */
function expectedOf(model: Model, step: Step, text: string): unknown {
  const isOpen = model.mode === "ai" && model.unanswered.length > 0;
  switch (step) {
    case "hear":
      model.unanswered.push(text);
      model.isAsked = false;
      return undefined;
    case "say":
      return undefined;
    case "ask": {
      if (!isOpen) return "over";
      if (model.isAsked) return "wait";
      model.isAsked = true;
      return [...model.unanswered];
    }
    case "answer":
      if (!isOpen || !model.isAsked) return "late";
      model.unsent.push(...model.unanswered);
      model.unanswered = [];
      return "queued";
    case "human":
    case "ai": {
      const isChange = step !== model.mode;
      model.mode = step;
      if (isChange) model.isAsked = false;
      // A takeover takes the answers back, so that their questions have none.
      if (isChange && step === "human") model.unanswered.unshift(...model.unsent.splice(0));
      return isChange;
    }
  }
}

test("7: of two changes of hands the later one counts, in whatever order they come; within a second the person", async () => {
  const modeOf = async ({ id }: Talk) => (await talks.write((stores) => stores.conversations.find(id))).value?.mode;
  const turnAt = async ({ id }: Talk, mode: "human" | "ai", ms: number) => {
    const at = new Date(talks.clock.at.getTime() + ms);
    const takeover = { conversationId: id, mode, actor: "Bea", at };
    return (await talks.write((stores) => stores.conversations.changeMode(takeover))).value;
  };
  const talk = await talks.meet();
  await talks.turnOver(talk, "human");
  // Handed back and taken over again; the second comes first.
  expect(await turnAt(talk, "human", 2_000)).toBe(false);
  expect(await turnAt(talk, "ai", 1_000)).toBe(false);
  expect(await modeOf(talk)).toBe("human");
  expect(await turnAt(talk, "ai", 3_400)).toBe(true);
  expect(await turnAt(talk, "human", 2_900)).toBe(false);
  expect(await modeOf(talk)).toBe("ai");
  expect(await turnAt(talk, "human", 3_000)).toBe(true);
});

test("an answer that the fence holds back makes its question one for the hand-back again", async () => {
  const talk = await talks.meet();
  const [id = ""] = await answerWith(talk, "Yes");
  await createSendStates(talks.database).begin(id, talks.clock.at);
  const suppress = () => talks.write((stores) => stores.outbox.suppress(id, "a person took over"));
  await expect(suppress()).rejects.toMatchObject({ next: { kind: "retryable" } });
  await talks.turnOver(talk, "human");
  await suppress();
  talks.pass(5_000);
  await talks.turnOver(talk, "ai");
  expect(await turns.next((await openTurnOf(talk)) ?? "")).toMatchObject({
    question: { reason: "hand_back", messages: [{ text: "Hello" }] },
  });
});

test("handing back asks at once, as a hand-back, in the new epoch, with what the person said as history", async () => {
  const talk = await talks.meet();
  await talks.turnOver(talk, "human");
  await talks.hear(talk, "Are you a person?");
  talks.pass(1);
  await talks.say(talk, "I am Bea");
  await talks.turnOver(talk, "ai");
  const step = await turns.next((await openTurnOf(talk)) ?? "");
  expect(step).toMatchObject({
    step: "ask",
    question: {
      reason: "hand_back",
      epoch: 2,
      conversation: { modeChangedAt: talks.clock.at.toISOString() },
      messages: [{ text: "Are you a person?" }],
      history: [{ text: "I am Bea", author: "person" }],
    },
  });
});

test("7: a takeover waits for answers that are on their way, all of them, and those that come after it are refused", async () => {
  const talk = await talks.meet();
  const arrivals = new Map<string, () => void>();
  const onItsWay = (name: string) =>
    fence.pass(talk.id, 0, () => new Promise<string>((resolve) => arrivals.set(name, () => resolve(name))));
  const first = onItsWay("first");
  const second = onItsWay("second");
  await until("both are on their way", () => arrivals.size === 2);
  const takingOver = talks.turnOver(talk, "human");
  await until("the takeover waits", async () => (await waiting(talks.database)) === 1);
  let called = false;
  const late = fence.pass(talk.id, 0, async () => {
    called = true;
  });
  await until("the late one waits", async () => (await waiting(talks.database)) === 2);
  arrivals.get("first")?.();
  expect(await first).toBe("first");
  expect(await read(talk)).toEqual({ mode: "ai", epoch: 0 });
  expect(await waiting(talks.database)).toBe(2);
  arrivals.get("second")?.();
  expect(await second).toBe("second");
  expect((await takingOver).value).toBe(true);
  expect(await late).toBeUndefined();
  expect(called).toBe(false);
  expect(await onItsWay("later")).toBeUndefined();
  expect(await fence.pass(talk.id, 1, async () => "asked since")).toBe("asked since");
});

test("7: a send that fails, or whose worker dies, frees the fence", async () => {
  const talk = await talks.meet();
  const failing = fence.pass(talk.id, 0, () => Promise.reject(new Error("no answer")));
  await expect(failing).rejects.toThrow("no answer");
  const dying = openDatabase(talks.databaseUrl, { maxConnections: 1, name: "test-dying" });
  let underWay = false;
  const dead = createTakeoverLock(dying)
    .pass(talk.id, 0, () => {
      underWay = true;
      return new Promise(() => undefined);
    })
    .catch((error: unknown) => error);
  await until("it is under way", () => underWay);
  const takingOver = talks.turnOver(talk, "human");
  await until("the takeover waits", async () => (await waiting(talks.database)) === 1);
  await talks.database.orm.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-dying'`,
  );
  expect((await takingOver).value).toBe(true);
  expect(await dead).toBeInstanceOf(Error);
  await dying.close();
});

test("conversations do not wait for each other's fences", async () => {
  const [talk, other] = [await talks.meet(), await talks.meet()];
  const passed = await fence.pass(talk.id, 0, async () => (await talks.turnOver(other, "human")).value);
  expect(passed).toBe(true);
});

test("7: when two threads become one, a person stays in charge, and no answer asked for in either passes", async () => {
  for (const taken of ["old", "other"] as const) {
    const [old, other] = [await talks.meet("telegram"), await talks.meet("telegram")];
    const { accountId } = old.thread;
    const joined: Talk = { ...other, thread: { ...other.thread, accountId } };
    await talks.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
    await talks.turnOver(taken === "old" ? old : joined, "human");
    await talks.write((stores) =>
      stores.conversations.migrate("telegram", accountId, old.thread.threadId, joined.thread.threadId),
    );
    expect(await read(joined)).toEqual({ mode: "human", epoch: 2 });
    for (const epoch of [0, 1]) expect(await fence.pass(joined.id, epoch, async () => "sent")).toBeUndefined();
    await expect(fence.pass(old.id, 0, async () => "sent")).rejects.toMatchObject({ next: { kind: "retryable" } });
  }
});

test("what the AI answered in one of two threads of its own still leaves when they become one", async () => {
  const [old, other] = [await talks.meet("telegram"), await talks.meet("telegram")];
  const { accountId } = old.thread;
  await talks.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  const outbox = createSendStates(talks.database);
  const [sent = "", next = ""] = await answerWith(old, "one", "two");
  await outbox.begin(sent, talks.clock.at);
  await talks.write((stores) =>
    stores.outbox.markSent(sent, { externalId: "7/1", movedTo: other.thread.threadId }, talks.clock.at),
  );
  const state = await outbox.find(next);
  expect(state?.message.conversationId).toBe(other.id);
  expect(await fence.pass(other.id, state?.answer?.epoch ?? -1, async () => "sent")).toBe("sent");
  expect((await outbox.find(sent))?.status).toBe("sent");
});

test("what was said to a person before two threads became one is in the hand-back after it", async () => {
  for (const taken of ["old", "other"] as const) {
    const [old, other] = [await talks.meet("telegram"), await talks.meet("telegram")];
    const { accountId } = old.thread;
    const joined: Talk = { ...other, thread: { ...other.thread, accountId } };
    await talks.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
    const [theirs, ais] = taken === "old" ? [old, joined] : [joined, old];
    await talks.hear(theirs, "unanswered");
    await talks.turnOver(theirs, "human");
    await talks.hear(theirs, "to the person");
    await talks.hear(ais, "to the AI");
    await talks.write((stores) =>
      stores.conversations.migrate("telegram", accountId, old.thread.threadId, joined.thread.threadId),
    );
    await talks.turnOver(joined, "ai");
    const next = await turns.next((await openTurnOf(joined)) ?? "");
    if (next.step !== "ask") throw new Error(`it is ${next.step}`);
    expect(next.question.messages.map(({ text }) => text)).toEqual(["unanswered", "to the person", "to the AI"]);
  }
});
