import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PauseStore, uuidv7 } from "@millrace/core";
import { createPauses, type Database, openDatabase } from "@millrace/db";
import { createFlowControl } from "@millrace/queue";
import { useTestDatabase } from "@millrace/testing";

const PROBE_MS = 60_000;

const testDatabase = useTestDatabase();
let database: Database;
let pauses: PauseStore;
let scope: string;
let at: Date;

beforeAll(async () => {
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  pauses = createPauses(database, uuidv7);
});
beforeEach(() => {
  scope = randomUUID();
  at = new Date("2026-03-01T08:00:00Z");
});
afterAll(async () => {
  await database.close();
});

/** The flow control of one worker. */
const flowControl = () =>
  createFlowControl(
    pauses,
    () => at,
    () => 0,
    PROBE_MS,
  );
const later = (ms: number) => new Date(at.getTime() + ms);
const setPause = (name: string, kind: "paused" | "rate_limited", until: Date) =>
  pauses.set({ scope: name, kind, reason: "a test", until });

test("one worker probes a paused account at a time, until its probe expires or is returned", async () => {
  await setPause(scope, "paused", at);
  const one = flowControl();
  expect(await one.check([scope])).toEqual({ open: true, probes: [scope] });
  expect(await one.check([scope])).toMatchObject({ open: false, kind: "paused" });
  expect(await flowControl().check([scope])).toMatchObject({ open: false, kind: "paused", until: later(PROBE_MS) });
  await one.returnProbes([scope]);
  expect(await one.check([scope])).toEqual({ open: true, probes: [scope] });
  await one.returnProbes([scope]);
  expect(await flowControl().check([scope])).toEqual({ open: true, probes: [scope] });
  at = later(PROBE_MS);
  expect(await flowControl().check([scope])).toEqual({ open: true, probes: [scope] });
});

test("a job that waits for another scope claims no probe", async () => {
  const [account, person] = [scope, `${scope}:person`];
  for (const [order, names] of [
    [account, person],
    [person, account],
  ].entries()) {
    const suffix = `:${order}`;
    for (const name of names)
      await setPause(name + suffix, name === account ? "paused" : "rate_limited", name === account ? at : later(5_000));
    const both = [account + suffix, person + suffix];
    expect(await flowControl().check(both)).toMatchObject({ open: false, kind: "rate_limited", until: later(5_000) });
    expect(await flowControl().check([account + suffix])).toEqual({ open: true, probes: [account + suffix] });
  }
});

test("a job that claims the probe of one scope and not of another returns it", async () => {
  const names = [`${scope}:a`, `${scope}:b`];
  for (const name of names) await setPause(name, "paused", at);
  const [slow, quick] = [flowControl(), flowControl()];
  // The slow worker has read both pauses and does not know yet that the other worker claimed the second probe.
  await slow.check(["another"]);
  const second = (await pauses.list()).map((hold) => hold.scope).filter((name) => names.includes(name))[1] ?? "";
  expect(await quick.check([second])).toEqual({ open: true, probes: [second] });
  expect(await slow.check(names)).toMatchObject({ open: false, kind: "paused", scope: second });
  const first = names.find((name) => name !== second) ?? "";
  expect(await flowControl().check([first])).toEqual({ open: true, probes: [first] });
});

test("a rate-limited chat waits alone; when a second chat of its bot is rate limited, the bot waits", async () => {
  const bot = `telegram:${scope}`;
  const chat = (number: number) => `${bot}:${number}`;
  const heldScopes = async () => {
    const all = await pauses.list();
    return new Set(all.map((hold) => hold.scope).filter((name) => name.startsWith(bot)));
  };
  expect(await flowControl().rateLimit(chat(1), later(1_000), "slow down", bot)).toBe(true);
  expect(await flowControl().rateLimit(chat(1), later(2_000), "slow down", bot)).toBe(false);
  expect(await heldScopes()).toEqual(new Set([chat(1)]));
  expect(await flowControl().check([bot, chat(2)])).toEqual({ open: true, probes: [] });
  expect(await flowControl().rateLimit(chat(2), later(1_500), "slow down", bot)).toBe(true);
  expect(await heldScopes()).toEqual(new Set([chat(1), bot]));
  expect(await flowControl().check([bot, chat(3)])).toMatchObject({ open: false, scope: bot, until: later(1_500) });
});

test("an expired pause, a paused chat, or a chat of a bot with a similar name does not make a bot wait", async () => {
  const bot = `telegram:${scope}`;
  await setPause(`${bot}:past`, "rate_limited", later(-1));
  await setPause(`${bot}:paused`, "paused", later(9_000));
  await setPause(`${bot}0:1`, "rate_limited", later(9_000));
  await flowControl().rateLimit(`${bot}:2`, later(1_000), "slow down", bot);
  expect((await pauses.list()).map((hold) => hold.scope)).not.toContain(bot);
  expect(await flowControl().check([`${bot}:2`])).toMatchObject({ open: false, until: later(1_000) });
});
