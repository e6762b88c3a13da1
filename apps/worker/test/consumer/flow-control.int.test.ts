import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Pause, type PauseStore, uuidv7 } from "@millrace/core";
import { createPausedJobs, createPauses, type Database, openDatabase } from "@millrace/db";
import { createFlowControl } from "@millrace/queue";
import { openRows, useTestDatabase } from "@millrace/testing";

const MINUTE = 60_000;

const testDatabase = useTestDatabase();
let database: Database;
let rows: ReturnType<typeof openRows>;
let pauses: PauseStore;
let scope: string;

beforeAll(async () => {
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  rows = openRows(testDatabase.url);
  pauses = createPauses(database, uuidv7);
});
beforeEach(() => {
  scope = randomUUID();
});
afterAll(async () => {
  await rows.close();
  await database.close();
});

/** The flow control of one worker, with a clock that differs from the database's. */
const flowControl = (clockAheadMs = 0) =>
  createFlowControl({
    pauses,
    pausedJobs: createPausedJobs(database),
    now: () => new Date(Date.now() + clockAheadMs),
    random: () => 0,
    probes: { firstMs: MINUTE, longestMs: MINUTE },
  });
const inMs = (ms: number, clockAheadMs = 0) => new Date(Date.now() + clockAheadMs + ms);
const setPause = (name: string, kind: Pause["kind"], waitMs: number) =>
  pauses.set({ scope: name, kind, reason: "a test", waitMs });
const makeDue = (name: string) => rows.rows(`update millrace.pauses set until = now() where scope = '${name}'`);
const open = (...probes: { scope: string; kind: Pause["kind"] }[]) => ({ open: true, probes });
const waitsOf = async (name: string) => {
  const wait = (await pauses.list()).find((pause) => pause.scope === name)?.waitMs;
  return wait === undefined ? undefined : Math.round(wait / 1_000);
};

test.each(["paused", "rate_limited", "unavailable"] as const)(
  "14: one worker probes a scope that is %s at a time, until its probe expires or is returned",
  async (kind) => {
    await setPause(scope, kind, 0);
    const one = flowControl();
    expect(await one.check([scope])).toEqual(open({ scope, kind }));
    expect(await one.check([scope])).toMatchObject({ open: false, kind, scope });
    expect(await flowControl().check([scope])).toMatchObject({ open: false, kind, scope });
    await one.returnProbes([{ scope, kind }]);
    expect(await one.check([scope])).toEqual(open({ scope, kind }));
    await makeDue(scope);
    expect(await flowControl().check([scope])).toEqual(open({ scope, kind }));
  },
);

test("a job that waits for another scope claims no probe", async () => {
  const [account, person] = [scope, `${scope}:person`];
  for (const [order, names] of [
    [account, person],
    [person, account],
  ].entries()) {
    const suffix = `:${order}`;
    for (const name of names)
      await setPause(name + suffix, name === account ? "paused" : "rate_limited", name === account ? 0 : MINUTE);
    const both = [account + suffix, person + suffix];
    expect(await flowControl().check(both)).toMatchObject({ open: false, kind: "rate_limited" });
    expect(await flowControl().check([account + suffix])).toEqual(open({ scope: account + suffix, kind: "paused" }));
  }
});

test("a job that claims the probe of one scope and not of another returns it", async () => {
  const names = [`${scope}:a`, `${scope}:b`];
  for (const name of names) await setPause(name, "paused", 0);
  const [slow, quick] = [flowControl(), flowControl()];
  // The slow worker has read both pauses and does not know yet that the other worker claimed the second probe.
  await slow.check(["another"]);
  const second = (await pauses.list()).map((pause) => pause.scope).filter((name) => names.includes(name))[1] ?? "";
  expect(await quick.check([second])).toEqual(open({ scope: second, kind: "paused" }));
  expect(await slow.check(names)).toMatchObject({ open: false, kind: "paused", scope: second });
  const first = names.find((name) => name !== second) ?? "";
  expect(await flowControl().check([first])).toEqual(open({ scope: first, kind: "paused" }));
});

test("a rate-limited chat waits alone; when a second chat of its bot is rate limited, the bot waits", async () => {
  const bot = `telegram:${scope}`;
  const chat = (number: number) => `${bot}:${number}`;
  const pausedScopes = async () => {
    const all = await pauses.list();
    return new Set(all.map((pause) => pause.scope).filter((name) => name.startsWith(bot)));
  };
  expect(await flowControl().rateLimit(chat(1), inMs(20_000), "slow down", bot)).toBe(true);
  expect(await flowControl().rateLimit(chat(1), inMs(30_000), "slow down", bot)).toBe(false);
  expect(await pausedScopes()).toEqual(new Set([chat(1)]));
  expect(await flowControl().check([bot, chat(2)])).toEqual(open());
  expect(await flowControl().rateLimit(chat(2), inMs(15_000), "slow down", bot)).toBe(true);
  expect(await pausedScopes()).toEqual(new Set([chat(1), bot]));
  expect(await flowControl().check([bot, chat(3)])).toMatchObject({ open: false, scope: bot });
});

test("a due pause, a paused chat, or a chat of a bot with a similar name does not make a bot wait", async () => {
  const bot = `telegram:${scope}`;
  await setPause(`${bot}:past`, "rate_limited", -1);
  await setPause(`${bot}:paused`, "paused", MINUTE);
  await setPause(`${bot}0:1`, "rate_limited", MINUTE);
  await flowControl().rateLimit(`${bot}:2`, inMs(MINUTE), "slow down", bot);
  expect((await pauses.list()).map((pause) => pause.scope)).not.toContain(bot);
  expect(await flowControl().check([`${bot}:2`])).toMatchObject({ open: false, scope: `${bot}:2` });
});

test("14: a rate limit lasts at most 15 minutes, and then a probe runs", async () => {
  await flowControl().rateLimit(scope, inMs(31_536_000_000), "HTTP 429");
  expect(await waitsOf(scope)).toBe(15 * 60);
  await makeDue(scope);
  expect(await flowControl().check([scope])).toEqual(open({ scope, kind: "rate_limited" }));
});

test("14: a worker with a clock 10 minutes ahead or behind neither extends nor shortens a rate limit", async () => {
  for (const ahead of [10 * MINUTE, -10 * MINUTE]) {
    const name = `${scope}:${ahead}`;
    await flowControl(ahead).rateLimit(name, inMs(30_000, ahead), "HTTP 429");
    expect(await waitsOf(name)).toBe(30);
    const check = await flowControl(-ahead).check([name]);
    expect(check.open ? 0 : Math.round(check.waitMs / 1_000)).toBe(30);
    await makeDue(name);
    expect(await flowControl(ahead).check([name])).toEqual(open({ scope: name, kind: "rate_limited" }));
  }
});
