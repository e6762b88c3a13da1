import { sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { type Fact, uuidv7, written } from "@millrace/core";
import { readRows, removeRows } from "../../../test/batch-rows.ts";
import { type Step, steps } from "../../../test/batch-steps.ts";
import { inboundText, newEvent, newThread, SETTINGS } from "../../../test/facts.ts";
import { useDatabase } from "../../../test/use-database.ts";
import { assignAccounts } from "../../accounts/accounts.ts";
import type { Database } from "../../connection/database.ts";
import { createInbox, type Inbox } from "../../inbox/inbox.ts";
import { createBatchedInbox } from "./batched-inbox.ts";
import { NotPlainError } from "./not-plain-error.ts";

const RUNS = 25;

const one = useDatabase();
const many = useDatabase();

const failures: unknown[] = [];
const batched = createBatchedInbox(many, uuidv7, SETTINGS, (error) => failures.push(error));

beforeEach(async () => {
  failures.length = 0;
  for (const database of [one, many]) {
    await removeRows(database);
    const accounts = ["telegram", "whatsapp"].map((provider) => ({ provider, externalId: "*", tenantName: "Mill" }));
    await assignAccounts(database.orm, accounts, uuidv7);
  }
});

async function endTurns({ orm }: Database, state: string): Promise<void> {
  await orm.execute(sql`update millrace.ai_turns set state = ${state} where state = 'debouncing'`);
}

async function applySteps(database: Database, inbox: Inbox, all: readonly Step[], together: boolean): Promise<void> {
  for (const step of all) {
    if ("turns" in step) await endTurns(database, step.turns);
    else if (together) await Promise.all(step.events.map(({ event, handled }) => inbox.applyOnce(event, handled)));
    else for (const { event, handled } of step.events) await inbox.applyOnce(event, handled);
  }
}

test("3, 4, 6, 13: any events in any batches write the same rows as one by one", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await Promise.all([removeRows(one), removeRows(many)]);
      await applySteps(one, createInbox(one, uuidv7, SETTINGS), all, false);
      await applySteps(many, batched, all, true);
      expect(await readRows(many)).toEqual(await readRows(one));
    }),
    { numRuns: RUNS },
  );
  // No statement of a batch is wrong: a batch fails only because of what an event beside it writes.
  expect(failures.filter((error) => !(error instanceof NotPlainError))).toEqual([]);
}, 120_000);

test("4: one bad event of a batch fails alone", async () => {
  const thread = newThread();
  await apply(inboundText(thread));
  const bad = inboundText(thread);
  const texts = Array.from({ length: 5 }, () => inboundText(thread));
  const results = await Promise.allSettled(
    [...texts, { ...bad, message: { ...bad.message, body: "not \u0000 text" } }].map((fact) => apply(fact)),
  );
  expect(results.map(({ status }) => status)).toEqual([...texts.map(() => "fulfilled"), "rejected"]);
  expect(await count("messages")).toBe(1 + texts.length);
  expect(await count("millrace.webhook_events")).toBe(1 + texts.length);
});

test("4: an event of an account without a tenant fails alone", async () => {
  const thread = newThread();
  await apply(inboundText(thread));
  const foreign = { ...thread, owner: { ...thread.owner, provider: "unknown" } };
  const [mine, other] = await Promise.allSettled([apply(inboundText(thread)), apply(inboundText(foreign))]);
  expect(mine).toMatchObject({ status: "fulfilled", value: { result: "written" } });
  expect(other).toMatchObject({ status: "rejected", reason: { message: "no tenant owns bot shop" } });
  expect(failures).toEqual([]);
});

test("3: the same events in the batches of two workers have one effect", async () => {
  const thread = newThread();
  await apply(inboundText(thread));
  const other = createBatchedInbox(many, uuidv7, SETTINGS, (error) => failures.push(error));
  await endTurns(many, "awaiting_reply");
  const events = Array.from({ length: 30 }, () => ({ event: newEvent(), handled: written(inboundText(thread)) }));
  const applyAll = (inbox: Inbox) => Promise.all(events.map(({ event, handled }) => inbox.applyOnce(event, handled)));
  const [mine, theirs] = await Promise.all([applyAll(batched), applyAll(other)]);
  expect([...mine, ...theirs].filter(({ result }) => result === "written")).toHaveLength(events.length);
  // The first message of the AI turn has its job, by either worker, because the other one may have died before it enqueued it.
  const jobsOf = (results: typeof mine) => results.map(({ followUps }) => followUps.map(({ kind, id }) => [kind, id]));
  expect(jobsOf(mine)).toEqual(jobsOf(theirs));
  expect(jobsOf(mine).flat()).toEqual([["turn", expect.any(String)]]);
  expect(await count("messages")).toBe(1 + events.length);
});

test("4: a conversation that a takeover locks does not hold up the other events of its batch", async () => {
  const [locked, free] = [newThread(), newThread()];
  await apply(inboundText(locked));
  await apply(inboundText(free));
  const taken = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const takeover = many.orm.transaction(async (tx) => {
    await tx.execute(sql`select from conversations where thread_id = ${locked.threadId} for update`);
    taken.resolve();
    await release.promise;
  });
  await taken.promise;
  const waiting = apply(inboundText(locked));
  await apply(inboundText(free));
  expect(await count("messages")).toBe(3);
  release.resolve();
  await takeover;
  await waiting;
  expect(await count("messages")).toBe(4);
});

function apply(fact: Fact) {
  return batched.applyOnce(newEvent(), written(fact));
}

async function count(table: string): Promise<number> {
  const [row] = await many.orm.execute<{ count: number }>(sql.raw(`select count(*)::int from ${table}`));
  return row?.count ?? 0;
}
