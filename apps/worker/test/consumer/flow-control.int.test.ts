import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PauseStore } from "@millrace/core";
import { createPauses, type Database, openDatabase } from "@millrace/db";
import { createFlowControl } from "@millrace/queue";
import { useTestDatabase } from "@millrace/testing";

const TRIAL_MS = 60_000;

const testDatabase = useTestDatabase();
let database: Database;
let holds: PauseStore;
let scope: string;
let at: Date;

beforeAll(async () => {
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  holds = createPauses(database);
});
beforeEach(() => {
  scope = randomUUID();
  at = new Date("2026-03-01T08:00:00Z");
});
afterAll(async () => {
  await database.close();
});

/** The gate of one worker. */
const gate = () =>
  createFlowControl(
    holds,
    () => at,
    () => 0,
    TRIAL_MS,
  );
const later = (ms: number) => new Date(at.getTime() + ms);
const place = (name: string, kind: "paused" | "rate_limited", until: Date) =>
  holds.set({ scope: name, kind, reason: "a test", until });

test("of all workers one tries a paused account, until the turn comes round or is given back", async () => {
  await place(scope, "paused", at);
  const one = gate();
  expect(await one.check([scope])).toEqual({ open: true, trials: [scope] });
  expect(await one.check([scope])).toMatchObject({ open: false, kind: "paused" });
  expect(await gate().check([scope])).toMatchObject({ open: false, kind: "paused", until: later(TRIAL_MS) });
  await one.returnProbes([scope]);
  expect(await one.check([scope])).toEqual({ open: true, trials: [scope] });
  await one.returnProbes([scope]);
  expect(await gate().check([scope])).toEqual({ open: true, trials: [scope] });
  at = later(TRIAL_MS);
  expect(await gate().check([scope])).toEqual({ open: true, trials: [scope] });
});

test("a job that must wait for another scope takes no turn to try", async () => {
  const [account, person] = [scope, `${scope}:person`];
  for (const [order, names] of [
    [account, person],
    [person, account],
  ].entries()) {
    const suffix = `:${order}`;
    for (const name of names)
      await place(name + suffix, name === account ? "paused" : "rate_limited", name === account ? at : later(5_000));
    const both = [account + suffix, person + suffix];
    expect(await gate().check(both)).toMatchObject({ open: false, kind: "rate_limited", until: later(5_000) });
    expect(await gate().check([account + suffix])).toEqual({ open: true, trials: [account + suffix] });
  }
});

test("a job that gets the turn of one scope and not of another gives it back", async () => {
  const names = [`${scope}:a`, `${scope}:b`];
  for (const name of names) await place(name, "paused", at);
  const [slow, quick] = [gate(), gate()];
  // The slow one knows both, and does not know yet that the other took the second.
  await slow.check(["another"]);
  const second = (await holds.list()).map((hold) => hold.scope).filter((name) => names.includes(name))[1] ?? "";
  expect(await quick.check([second])).toEqual({ open: true, trials: [second] });
  expect(await slow.check(names)).toMatchObject({ open: false, kind: "paused", scope: second });
  const first = names.find((name) => name !== second) ?? "";
  expect(await gate().check([first])).toEqual({ open: true, trials: [first] });
});

test("a throttled chat waits alone; when another chat of its bot waits already, the bot does", async () => {
  const bot = `telegram:${scope}`;
  const chat = (number: number) => `${bot}:${number}`;
  const heldScopes = async () => {
    const all = await holds.list();
    return new Set(all.map((hold) => hold.scope).filter((name) => name.startsWith(bot)));
  };
  expect(await gate().rateLimit(chat(1), later(1_000), "slow down", bot)).toBe(true);
  expect(await gate().rateLimit(chat(1), later(2_000), "slow down", bot)).toBe(false);
  expect(await heldScopes()).toEqual(new Set([chat(1)]));
  expect(await gate().check([bot, chat(2)])).toEqual({ open: true, trials: [] });
  expect(await gate().rateLimit(chat(2), later(1_500), "slow down", bot)).toBe(true);
  expect(await heldScopes()).toEqual(new Set([chat(1), bot]));
  expect(await gate().check([bot, chat(3)])).toMatchObject({ open: false, scope: bot, until: later(1_500) });
});

test("what has passed, is paused, or belongs to a bot whose name begins alike does not make a bot wait", async () => {
  const bot = `telegram:${scope}`;
  await place(`${bot}:past`, "rate_limited", later(-1));
  await place(`${bot}:paused`, "paused", later(9_000));
  await place(`${bot}0:1`, "rate_limited", later(9_000));
  await gate().rateLimit(`${bot}:2`, later(1_000), "slow down", bot);
  expect((await holds.list()).map((hold) => hold.scope)).not.toContain(bot);
  expect(await gate().check([`${bot}:2`])).toMatchObject({ open: false, until: later(1_000) });
});
