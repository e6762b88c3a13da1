import { asc, eq, inArray } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import {
  type InboundEvent,
  ProviderError,
  type SendRequestedFact,
  type ThreadReference,
  uuidv7,
  written,
} from "@millrace/core";
import { until } from "@millrace/testing";
import { countBlocked } from "../../../test/conversations.ts";
import { AT, inboundText, newEvent, newThread, SETTINGS, useFacts } from "../../../test/facts.ts";
import { textTo } from "../../../test/send-requests.ts";
import { openDatabase } from "../../connection/database.ts";
import { isOutage } from "../../connection/outage.ts";
import { eraseContact } from "../../erasure/contact-rows.ts";
import { createLeases } from "../../flow-control/leases.ts";
import { createInbox } from "../../inbox/inbox.ts";
import { conversations, domainEvents, messages, webhookEvents } from "../../schema/index.ts";
import type { SendRequest } from "./request-targets.ts";
import { createSendRequestBatches } from "./send-requests.ts";

const { database, apply, open, readConversation, readOutbound } = useFacts();
const inbox = createInbox(database, uuidv7, SETTINGS);
const batches = createSendRequestBatches(database, uuidv7);
const leases = createLeases(database);
const LEASE = { name: "queue:whatsapp-requests", holder: "this worker" };
const acquire = (holder: string, ttlMs: number) => leases.acquire(LEASE.name, holder, ttlMs);

beforeAll(async () => {
  await acquire(LEASE.holder, 600_000);
});

/** A request of the property: where it goes, what it requests, and which request it repeats. */
type Planned = { to: string; conversation: number; what: string; second: number; again: number | undefined };

const CONVERSATIONS = 3;
const plannedRequest: fc.Arbitrary<Planned> = fc.record({
  to: fc.oneof(
    { weight: 6, arbitrary: fc.constant("id") },
    { weight: 4, arbitrary: fc.constant("thread") },
    { weight: 1, arbitrary: fc.constantFrom("merged id", "new thread", "unknown id", "other channel", "renamed") },
  ),
  conversation: fc.nat(CONVERSATIONS - 1),
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("text", "two texts", "expiring text") },
    { weight: 1, arbitrary: fc.constantFrom("takeover", "action", "invalid text") },
  ),
  second: fc.nat(20),
  again: fc.option(fc.nat(3), { freq: 6, nil: undefined }),
});

/** The conversations of one run, and the names that replace the ids of its rows when two runs are compared. */
async function openRun() {
  const opened = [await open(), await open(), await open()];
  const [merged, survivor] = [newThread(), opened[0]?.thread ?? newThread()];
  await apply(inboundText(merged));
  const [gone] = await database.orm.select().from(conversations).where(eq(conversations.threadId, merged.threadId));
  const { channel, accountId, threadId: to } = survivor;
  await apply({ fact: "thread_moved", channel, accountId, from: merged.threadId, to });
  const newThreads = Array.from({ length: CONVERSATIONS }, () => newThread());
  const kept = await database.orm.select().from(conversations).where(eq(conversations.threadId, survivor.threadId));
  const ids = [kept[0]?.id ?? "", ...opened.slice(1).map(({ id }) => id)];
  const former = [gone?.id, opened[0]?.id].find((id) => id !== undefined && id !== ids[0]) ?? "";
  return { ids, former, threads: opened.map(({ thread }) => thread), newThreads, names: new Map<string, string>() };
}

type Run = Awaited<ReturnType<typeof openRun>>;

function requestsOf(run: Run, planned: readonly Planned[]): SendRequest[] {
  const requests: SendRequest[] = [];
  for (const [index, { again, ...plan }] of planned.entries()) {
    const repeated = again === undefined ? undefined : requests[index - 1 - again];
    // A caller uses an Idempotency-Key again: the ids of the messages are the same, and the event is if the content is.
    const isSame = repeated !== undefined && plan.second % 2 === 0;
    requests.push(isSame ? repeated : newRequest(run, index, plan, repeated));
  }
  return requests;
}

function newRequest(
  run: Run,
  index: number,
  plan: Omit<Planned, "again">,
  repeated: SendRequest | undefined,
): SendRequest {
  const event: InboundEvent = newEvent();
  run.names.set(event.id, `event ${index}`);
  const { what } = plan;
  const at = new Date(AT.getTime() + plan.second * 1_000);
  const before = repeated && "messages" in repeated.fact.request ? repeated.fact.request.messages : [];
  const texts = Array.from({ length: what === "two texts" ? 2 : 1 }, (_, part) => {
    const id = before[part]?.id ?? uuidv7();
    const body = what === "invalid text" ? "\u0000" : `text ${index}.${part}`;
    if (!run.names.has(id)) run.names.set(id, `message ${index}.${part}`);
    return { id, type: "text", body, content: { type: "text", text: body } };
  });
  const request =
    what === "action"
      ? { id: event.id, action: { chatAction: "typing" } }
      : { messages: texts, ...(what === "expiring text" ? { expiresAt: new Date(at.getTime() + 60_000) } : {}) };
  const takeover = what === "takeover" ? { actor: "send API", reason: "a person wrote" } : undefined;
  return { event, fact: { fact: "send_requested", to: targetOf(run, plan), at, request, takeover }, mayQueue: true };
}

function targetOf(
  { ids, former, threads, newThreads }: Run,
  { to, conversation }: Pick<Planned, "to" | "conversation">,
) {
  const named = (conversationId: string, channel = "telegram") => ({ conversationId, channel, accountId: undefined });
  const thread = threads[conversation] as ThreadReference;
  const targets: Record<string, SendRequestedFact["to"]> = {
    id: named(ids[conversation] ?? ""),
    thread,
    "merged id": named(former),
    "new thread": newThreads[conversation] ?? thread,
    "unknown id": named("0199a000-0000-7000-8000-000000000000"),
    "other channel": named(ids[conversation] ?? "", "whatsapp"),
    renamed: { ...thread, person: thread.person && { ...thread.person, profile: { name: `Ada ${conversation}` } } },
  };
  return targets[to] ?? thread;
}

/** Applies a request alone, and returns the result or the code of the error. */
async function applyAlone({ event, fact }: SendRequest): Promise<string> {
  try {
    return (await inbox.applyOnce(event, written(fact))).result;
  } catch (error) {
    return error instanceof ProviderError ? `${error.code}` : "unexpected";
  }
}

/** Applies the requests as a worker does: the front of the queue together, and the first one alone if that leaves it. */
async function applyInBatches(requests: readonly SendRequest[], sizes: readonly number[]): Promise<string[]> {
  const results = new Map<number, string>();
  let waiting = requests.map((request, place) => ({ request, place }));
  for (let pass = 0; waiting.length > 0; pass += 1) {
    const front = waiting.slice(0, sizes[pass % sizes.length]);
    const applied = await batches
      .apply(
        front.map(({ request }) => request),
        LEASE,
      )
      .catch(() => new Map());
    const done = new Set(applied.keys());
    for (const { request, place } of front) if (done.delete(request.event.id)) results.set(place, "written");
    const [head] = front;
    if (head && !results.has(head.place)) results.set(head.place, await applyAlone(head.request));
    waiting = waiting.filter(({ place }) => !results.has(place));
  }
  return requests.map((_, place) => results.get(place) ?? "");
}

/** The follow-up jobs of an event. An AI turn has another id and another time in each run. */
function jobsOf(followUps: unknown): unknown {
  const jobs = (followUps ?? []) as { kind: string }[];
  return jobs.map((job) => (job.kind === "turn" ? job.kind : job));
}

/** The rows of a run, with names in place of ids. */
async function rowsOf({ ids, threads, newThreads, names }: Run, requests: readonly SendRequest[]): Promise<unknown> {
  const threadIds = [...threads, ...newThreads].map(({ threadId }) => threadId ?? "");
  const opened = await database.orm.select().from(conversations).where(inArray(conversations.threadId, threadIds));
  for (const [index, id] of ids.entries()) names.set(id, `conversation ${index}`);
  for (const { id, threadId } of opened) if (!names.has(id)) names.set(id, `thread ${threadIds.indexOf(threadId)}`);
  const all = [...ids, ...opened.map(({ id }) => id)];
  const of = { conversations, messages, webhookEvents };
  const rows = {
    conversations: opened.map((row) => [row.id, row.mode, row.epoch, row.lastPosition, row.lastMessageAt]),
    messages: (
      await database.orm
        .select()
        .from(of.messages)
        .where(inArray(messages.conversationId, all))
        .orderBy(asc(messages.position))
    )
      .filter(({ direction }) => direction === "outbound")
      .map((row) => [
        row.conversationId,
        row.position,
        row.id,
        row.author,
        row.type,
        row.body,
        row.payload,
        row.status,
        row.sentAt,
        row.expiresAt,
      ]),
    events: (
      await database.orm
        .select()
        .from(webhookEvents)
        .where(
          inArray(
            webhookEvents.eventId,
            requests.map(({ event }) => event.id),
          ),
        )
    ).map((row) => [
      row.eventId,
      row.kind,
      row.status,
      row.result,
      row.detail,
      row.payload,
      jobsOf(row.followUps),
      row.receivedAt,
    ]),
    domainEvents: (await database.orm.select().from(domainEvents).where(inArray(domainEvents.subjectId, all))).map(
      (row) => [row.subjectId, row.type, row.payload],
    ),
  };
  let text = JSON.stringify(rows);
  for (const [id, name] of names) text = text.replaceAll(id, name);
  const named = JSON.parse(text) as Record<string, unknown[][]>;
  return Object.fromEntries(
    Object.entries(named).map(([table, of]) => [table, of.map((row) => JSON.stringify(row)).toSorted()]),
  );
}

test("3, 5: any requests in any batches have the same results and rows as one by one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plannedRequest, { minLength: 8, maxLength: 24 }),
      fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 }),
      async (planned, sizes) => {
        const [alone, together] = [await openRun(), await openRun()];
        const oneByOne = requestsOf(alone, planned);
        const results: string[] = [];
        for (const request of oneByOne) results.push(await applyAlone(request));
        const inBatches = requestsOf(together, planned);
        expect(await applyInBatches(inBatches, sizes)).toEqual(results);
        expect(await rowsOf(together, inBatches)).toEqual(await rowsOf(alone, oneByOne));
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

test("5: a request that needs more holds back the later ones of its conversation and of no other", async () => {
  const [first, second] = [await open(), await open()];
  const takeover = { actor: "send API", reason: "a person wrote" };
  const requests = [
    textTo(first.id, "1"),
    textTo(second.id, "2"),
    textTo(first.id, "3", { takeover }),
    textTo(first.id, "4"),
    textTo(second.id, "5"),
  ];
  expect([...(await batches.apply(requests, LEASE)).keys()]).toEqual(
    [0, 1, 4].map((place) => requests[place]?.event.id),
  );
  expect(await readOutbound(first.id)).toMatchObject([{ body: "1", position: 1 }]);
  expect(await readOutbound(second.id)).toMatchObject([
    { body: "2", position: 1 },
    { body: "5", position: 2 },
  ]);
});

test("5: no request overtakes one with a thread that may become any conversation", async () => {
  const [first, second] = [await open(), await open()];
  const person = (thread: ThreadReference) => thread.person?.identities ?? [];
  const [one, two] = [...person(first.thread), ...person(second.thread)];
  if (!one || !two) throw new Error("no identities");
  const both: ThreadReference = { ...newThread(), person: { identities: [one, two], profile: {} } };
  const requests = [textTo(first.id, "1"), textTo(first.id, "2", { to: both }), textTo(second.id, "3")];
  expect([...(await batches.apply(requests, LEASE)).keys()]).toEqual([requests[0]?.event.id]);
});

test("3: two workers that apply the same requests at the same time write each once", async () => {
  const { id } = await open();
  const requests = Array.from({ length: 20 }, (_, index) => textTo(id, String(index)));
  const applied = await Promise.allSettled([
    batches.apply(requests, LEASE),
    batches.apply(requests, LEASE),
    ...requests.slice(0, 3).map(applyAlone),
  ]);
  expect(applied.some(({ status }) => status === "fulfilled")).toBe(true);
  for (const request of requests) await applyAlone(request);
  expect(new Set((await readOutbound(id)).map(({ body }) => body))).toEqual(
    new Set(requests.map((_, index) => String(index))),
  );
  expect(await readOutbound(id)).toHaveLength(requests.length);
});

test("5: requests of a conversation that a transaction locks wait, and those of others do not", async () => {
  const [locked, other] = [await open(), await open()];
  const requests = [textTo(locked.id, "1"), textTo(other.id, "2"), textTo(locked.id, "3")];
  await database.orm.transaction(async (tx) => {
    await tx.select().from(conversations).where(eq(conversations.id, locked.id)).for("update");
    expect([...(await batches.apply(requests, LEASE)).keys()]).toEqual([requests[1]?.event.id]);
  });
  expect([...(await batches.apply(requests, LEASE)).keys()]).toEqual([0, 2].map((place) => requests[place]?.event.id));
  expect((await readOutbound(locked.id)).map(({ body, position }) => [body, position])).toEqual([
    ["1", 1],
    ["3", 2],
  ]);
});

test("5: a worker that lost the lease of the queue applies no batch", async () => {
  const { id } = await open();
  const requests = [textTo(id, "behind a request that another worker processes")];
  const applied = async () => (await batches.apply(requests, LEASE)).size;
  await leases.release(LEASE.name, LEASE.holder);
  expect(await applied()).toBe(0);
  await acquire("another worker", 600_000);
  expect(await applied()).toBe(0);
  await leases.release(LEASE.name, "another worker");
  await acquire(LEASE.holder, 0);
  expect(await applied()).toBe(0);
  expect(await readOutbound(id)).toEqual([]);
  await acquire(LEASE.holder, 600_000);
  expect(await applied()).toBe(1);
});

test("5: no other worker acquires the lease of the queue before a batch ends", async () => {
  const { id } = await open();
  const acquired = await database.sql.begin(async (tx) => {
    const sql = tx as unknown as typeof database.sql;
    const applied = await createSendRequestBatches({ ...database, sql }, uuidv7).apply([textTo(id, "Hello")], LEASE);
    expect(applied.size).toBe(1);
    const acquiring = acquire("another worker", 600_000);
    await until("the other worker waits", async () => (await countBlocked(database)) === 1);
    return { acquiring };
  });
  expect(await acquired.acquiring).toBe(false);
});

test("14: an outage during a batch is an outage and no fault of its requests, and an invalid text is their fault", async () => {
  const { id } = await open();
  const away = openDatabase("postgres://millrace@127.0.0.1:1/millrace", { maxConnections: 1, name: "away" });
  const failure = (sentTo: typeof database, text: string) =>
    createSendRequestBatches(sentTo, uuidv7)
      .apply([textTo(id, text)], LEASE)
      .catch((error: unknown) => error);
  expect(isOutage(await failure(away, "Hello"))).toBe(true);
  const invalid = await failure(database, "not \u0000 text");
  expect(invalid).toBeInstanceOf(Error);
  expect(isOutage(invalid)).toBe(false);
  await away.close();
});

test("18: a request is not written to a conversation that is erased between its two statements", async () => {
  const { id } = await open();
  const contactId = (await readConversation(id))?.contactId ?? "";
  let statements = 0;
  const unsafe = (...query: Parameters<typeof database.sql.unsafe>) => {
    const run = () => database.sql.unsafe(...query);
    return ++statements === 1 ? run() : eraseContact(database.orm, uuidv7, contactId).then(run);
  };
  const sql = { unsafe } as unknown as typeof database.sql;
  const applied = await createSendRequestBatches({ ...database, sql }, uuidv7).apply([textTo(id, "Hello")], LEASE);
  expect(statements).toBe(2);
  expect(applied.size).toBe(0);
  expect(await readOutbound(id)).toEqual([]);
});
