import { and, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type MessageChange, MESSAGE_STATUSES, type MessageStatus, type NewMessage, uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { useDatabase } from "../../test/use-database.ts";
import { messages, tenants } from "../schema/index.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { eventContext, type EventOrigin } from "../inbox/event-context.ts";
import { type MessageStore, messageStore } from "./messages.ts";

const database = useDatabase(8);
let base: Omit<NewMessage, "externalId">;

beforeAll(async () => {
  const tenantId = uuidv7();
  await database.orm.insert(tenants).values({ id: tenantId, name: "Mill" });

  const place = { tenantId, channel: "whatsapp", accountId: "1001" } as const;
  const conversationId = await conversationStore(database.orm, eventContext(uuidv7)).open(
    { ...place, threadId: "t-1", kind: "direct" },
    { at: new Date(), byUser: false },
  );
  const sentAt = new Date("2026-03-01T08:00:00Z");
  base = {
    ...place,
    conversationId,
    direction: "outbound",
    type: "text",
    body: "first",
    sentAt,
    payload: {},
    status: "queued",
  };
});

test("3: a message is written once, and a second delivery changes nothing", async () => {
  const externalId = uuidv7();
  await step((store) => store.add({ ...base, externalId }));
  const before = await read(externalId);
  await step((store) => store.add({ ...base, externalId, body: "second", status: "sent" }));
  expect(await read(externalId)).toEqual(before);
  expect(before).toMatchObject({ body: "first", status: "queued", whatsappMessageId: externalId });
});

test("6: statuses in every order, duplicated and before the message, give the same result", async () => {
  const status = fc.record({
    status: fc.constantFrom(...MESSAGE_STATUSES),
    participant: fc.constantFrom(undefined, "31600000001", "31600000002"),
  });
  const reports = fc.array(status, { minLength: 1, maxLength: 5 });
  const orders = reports.chain((list) => {
    const steps = ["add" as const, "add" as const, ...list, ...list];
    return fc.tuple(fc.constant(list), fc.shuffledSubarray(steps, { minLength: steps.length }));
  });
  await fc.assert(
    fc.asyncProperty(orders, async ([list, steps]) => {
      const externalId = uuidv7();
      for (const each of steps) {
        await step((store) => (each === "add" ? store.add({ ...base, externalId }) : report(store, externalId, each)));
      }
      expect((await read(externalId))?.status).toBe(furthest(list));
    }),
    { numRuns: 15 },
  );
});

test("a failure of one participant does not fail a group message, and a failure of the whole message does", async () => {
  const externalId = uuidv7();
  await step((store) => store.add({ ...base, externalId }));
  await step((store) => report(store, externalId, { status: "failed", participant: "31600000001" }));
  expect((await read(externalId))?.status).toBe("queued");
  await step((store) => report(store, externalId, { status: "delivered", participant: "31600000002" }));
  expect((await read(externalId))?.status).toBe("delivered");
  await step((store) => report(store, externalId, { status: "failed", participant: undefined }));
  expect((await read(externalId))?.status).toBe("failed");
});

test("the status of an inbound message stays received", async () => {
  const externalId = uuidv7();
  const inbound = { ...base, externalId, direction: "inbound", status: "received" } as const;
  await step((store) => report(store, externalId, { status: "read", participant: undefined }));
  await step((store) => store.add(inbound));
  await step((store) => report(store, externalId, { status: "played", participant: undefined }));
  expect((await read(externalId))?.status).toBe("received");
});

test("edits, revocations and reactions in every order, duplicated and before the message, give the same result", async () => {
  const kinds: fc.Arbitrary<MessageChange> = fc.oneof(
    fc.record({
      kind: fc.constant("edit" as const),
      body: fc.constantFrom("second", "third", undefined),
      payload: fc.constant({}),
    }),
    fc.record({ kind: fc.constant("revoke" as const) }),
    fc.record({
      kind: fc.constant("reaction" as const),
      actor: fc.constantFrom("ada", "bob"),
      emoji: fc.constantFrom("👍", "🎉", undefined),
    }),
  );
  // Few times, so that some changes have the same second. Then their place in the request decides.
  const change = fc.record({ change: kinds, minute: fc.integer({ min: 1, max: 3 }) });
  const orders = fc.array(change, { minLength: 1, maxLength: 5 }).chain((list) => {
    const named = list.map((each, index) => ({ ...each, changeId: `change-${index}`, index }));
    const steps = ["add" as const, ...named, ...named];
    const order = fc.shuffledSubarray(steps, { minLength: steps.length });
    return fc.tuple(order, order);
  });
  await fc.assert(
    fc.asyncProperty(orders, async (ways) => {
      const ends = [];
      for (const steps of ways) {
        const externalId = uuidv7();
        for (const each of steps) {
          await step((store) => {
            if (each === "add") return store.add({ ...base, externalId });
            const at = new Date(Date.UTC(2026, 2, 1, 9, each.minute));
            return store.addChange(keyOf(externalId), { ...each.change, changeId: each.changeId, at });
          }, originOfStep(each));
        }
        const row = await read(externalId);
        ends.push({ body: row?.body, reactions: row?.reactions, editedAt: row?.editedAt, revokedAt: row?.revokedAt });
      }
      expect(ends[0]).toEqual(ends[1]);
    }),
    { numRuns: 15 },
  );
});

test("the latest edit wins, a revocation stays, and a withdrawn reaction is removed", async () => {
  const externalId = uuidv7();
  const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 9, minute));
  const changes = [
    { kind: "reaction", actor: "ada", emoji: undefined, changeId: "5", at: at(5) },
    { kind: "edit", body: "third", payload: {}, changeId: "3", at: at(3) },
    { kind: "reaction", actor: "ada", emoji: "👍", changeId: "4", at: at(4) },
    { kind: "revoke", changeId: "6", at: at(6) },
    { kind: "edit", body: "second", payload: {}, changeId: "2", at: at(2) },
    { kind: "reaction", actor: "bob", emoji: "🎉", changeId: "7", at: at(7) },
  ] as const;
  for (const change of changes) await step((store) => store.addChange(keyOf(externalId), change));
  await step((store) => store.add({ ...base, externalId }));
  expect(await read(externalId)).toMatchObject({
    body: "third",
    editedAt: at(3),
    revokedAt: at(6),
    reactions: { bob: "🎉" },
  });
});

test("5: of several edits within one second, the last one of the last request wins, in any order of processing", async () => {
  const at = new Date("2026-03-01T09:00:00Z");
  const received = (second: number, index: number) => ({
    id: uuidv7(),
    receivedAt: new Date(Date.UTC(2026, 2, 1, 9, 0, second)),
    index,
  });
  const edits = [
    { body: "last", changeId: "1", origin: received(3, 1) },
    { body: "first of its request", changeId: "2", origin: received(3, 0) },
    { body: "earlier request", changeId: "3", origin: received(2, 7) },
  ];
  for (const order of [edits, edits.toReversed()]) {
    const externalId = uuidv7();
    await step((store) => store.add({ ...base, externalId }));
    for (const { origin, ...edit } of order)
      await step((store) => store.addChange(keyOf(externalId), { kind: "edit", payload: {}, at, ...edit }), origin);
    expect(await read(externalId)).toMatchObject({ body: "last" });
  }
});

test("6: a status that is processed together with its message is never lost", async () => {
  for (let round = 0; round < 40; round += 1) {
    const ids = [uuidv7(), uuidv7(), uuidv7()];
    await Promise.all(
      ids.flatMap((externalId) => [
        step((store) => store.add({ ...base, externalId })),
        step((store) => report(store, externalId, { status: "delivered", participant: undefined })),
      ]),
    );
    for (const externalId of ids) expect((await read(externalId))?.status).toBe("delivered");
  }
});

test("an edit that is processed together with its message is never lost", async () => {
  const at = new Date("2026-03-01T09:00:00Z");
  for (let round = 0; round < 40; round += 1) {
    const ids = [uuidv7(), uuidv7(), uuidv7()];
    await Promise.all(
      ids.flatMap((externalId) => [
        step((store) =>
          store.addChange(keyOf(externalId), { kind: "edit", body: "second", payload: {}, changeId: "1", at }),
        ),
        step((store) => store.add({ ...base, externalId })),
      ]),
    );
    for (const externalId of ids) expect((await read(externalId))?.body).toBe("second");
  }
});

test("a message waits for an uncommitted edit and applies it", async () => {
  const externalId = uuidv7();
  const at = new Date("2026-03-01T09:00:00Z");
  let adding: Promise<void> | undefined;
  await database.orm.transaction(async (tx) => {
    const edit = { kind: "edit", body: "second", payload: {}, changeId: "1", at } as const;
    await messageStore(tx, eventContext(uuidv7)).addChange(keyOf(externalId), edit);
    adding = step((store) => store.add({ ...base, externalId }));
    await until("the message waits", async () => (await waiting()) > 0);
  });
  await adding;
  expect((await read(externalId))?.body).toBe("second");
});

function step(write: (store: MessageStore) => Promise<void>, origin?: EventOrigin): Promise<void> {
  return database.orm.transaction((tx) => write(messageStore(tx, eventContext(uuidv7, undefined, origin))));
}

/** The origin of a change in a request of several changes. */
function originOfStep(each: "add" | { changeId: string; index: number }): EventOrigin | undefined {
  if (each === "add") return undefined;
  return { id: each.changeId, receivedAt: new Date(Date.UTC(2026, 2, 1, 10)), index: each.index };
}

function keyOf(externalId: string) {
  return { channel: "whatsapp", accountId: "1001", externalId } as const;
}

type ReportedStatus = { status: MessageStatus; participant: string | undefined };

function report(store: MessageStore, externalId: string, { status, participant }: ReportedStatus): Promise<void> {
  return store.addStatus({ ...keyOf(externalId), status, participant, at: new Date(), payload: {} });
}

function furthest(list: readonly ReportedStatus[]): MessageStatus {
  const whole = list.filter(({ status, participant }) => participant === undefined || status !== "failed");
  return MESSAGE_STATUSES[Math.max(0, ...whole.map(({ status }) => MESSAGE_STATUSES.indexOf(status)))] ?? "queued";
}

async function read(externalId: string) {
  const [row] = await database.orm
    .select()
    .from(messages)
    .where(and(eq(messages.channel, "whatsapp"), eq(messages.externalId, externalId)));
  return row;
}

async function waiting(): Promise<number> {
  const [row] = await database.orm.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return row?.count ?? 0;
}
