import { expect, test } from "vitest";
import type { AlertThresholds } from "@millrace/core";
import { evaluateRules } from "./rules.ts";
import type { Snapshot } from "./snapshot.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const THRESHOLDS: AlertThresholds = {
  deadLetters: 50,
  deadLettersMinutes: 10,
  waitingMinutes: 5,
  unfinishedMinutes: 10,
};
const CALM: Snapshot = { errors: [], deadLetters: [], paused: [], unfinished: [], queues: [] };
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

/** The conditions that a snapshot meets, while these alerts are open. */
function conditionsOf(part: Partial<Snapshot>, open: { rule: string; subject: string }[] = []) {
  return evaluateRules({ ...CALM, ...part }, THRESHOLDS, open, NOW).conditions;
}

const error = (known: boolean) => ({ queue: "meta-inbound", kind: "no tenant owns page #", count: 3, known });
const queue = (state: object) => ({
  queue: "meta-inbound",
  waitsSince: undefined,
  workers: 1,
  unconsumedSince: undefined,
  ...state,
});
const deadLetters = (...counts: [minutesAgo: number, count: number][]) =>
  counts.map(([minutesAgo, count]) => ({ queue: "meta-inbound", minutesAgo, count }));
const about = (rule: string, subject = "meta-inbound") => [{ rule, subject }];

test("an error without a dead letter in the week before opens new_error, a known error does not", () => {
  expect(conditionsOf({ errors: [error(false)] })).toEqual([
    {
      rule: "new_error",
      subject: "meta-inbound: no tenant owns page #",
      summary: "new error in meta-inbound: no tenant owns page # (3 dead letters within the hour)",
    },
  ]);
  expect(conditionsOf({ errors: [error(true)] })).toEqual([]);
});

test("new_error stays open while the error has a dead letter within the hour", () => {
  const open = about("new_error", "meta-inbound: no tenant owns page #");
  expect(conditionsOf({ errors: [error(true)] }, open)).toMatchObject(open);
  expect(conditionsOf({}, open)).toEqual([]);
});

test("many_dead_letters opens above the threshold within its minutes, per queue", () => {
  expect(conditionsOf({ deadLetters: deadLetters([0, 20], [9, 30]) })).toEqual([]);
  expect(conditionsOf({ deadLetters: deadLetters([0, 20], [9, 30], [10, 900]) })).toEqual([]);
  expect(
    conditionsOf({ deadLetters: [...deadLetters([0, 40]), { queue: "n8n-ai-turns", minutesAgo: 0, count: 40 }] }),
  ).toEqual([]);
  expect(conditionsOf({ deadLetters: deadLetters([0, 20], [9, 31]) })).toEqual([
    { rule: "many_dead_letters", subject: "meta-inbound", summary: "51 dead letters in meta-inbound within 10 min" },
  ]);
});

test("many_dead_letters closes once the count has stayed below the threshold for as many minutes", () => {
  const open = about("many_dead_letters");
  expect(conditionsOf({ deadLetters: deadLetters([10, 51]) }, open)).toMatchObject(open);
  expect(conditionsOf({ deadLetters: deadLetters([15, 30], [8, 21]) }, open)).toMatchObject(open);
  expect(conditionsOf({ deadLetters: deadLetters([19, 30], [8, 21]) }, open)).toEqual([]);
});

test("account_paused is open while the account is paused", () => {
  const paused = [{ scope: "meta:page:123", reason: "the page's access token is not valid" }];
  expect(conditionsOf({ paused })).toEqual([
    {
      rule: "account_paused",
      subject: "meta:page:123",
      summary: "meta:page:123 is paused: the page's access token is not valid",
    },
  ]);
  expect(conditionsOf({}, about("account_paused", "meta:page:123"))).toEqual([]);
});

test("queue_delayed opens when the oldest job has waited for the threshold", () => {
  expect(conditionsOf({ queues: [queue({ waitsSince: ago(299) })] })).toEqual([]);
  expect(conditionsOf({ queues: [queue({ waitsSince: ago(300) })] })).toEqual([
    { rule: "queue_delayed", subject: "meta-inbound", summary: "the oldest job in meta-inbound waits for 5 min" },
  ]);
});

test("no_worker opens after a minute, stays open until a worker consumes the queue, and reports waiting jobs", () => {
  const without = (seconds: number) => queue({ workers: 0, unconsumedSince: ago(seconds) });
  expect(conditionsOf({ queues: [without(59)] })).toEqual([]);
  expect(conditionsOf({ queues: [without(60)] })).toMatchObject([
    { rule: "no_worker", summary: "no worker consumes meta-inbound; no job is waiting" },
  ]);
  expect(conditionsOf({ queues: [{ ...without(60), waitsSince: ago(1) }] })).toMatchObject([
    { rule: "no_worker", summary: "no worker consumes meta-inbound; jobs are waiting" },
  ]);
  // Another worker opened the alert; this one has watched the queue for less than a minute.
  expect(conditionsOf({ queues: [without(1)] }, about("no_worker"))).toMatchObject(about("no_worker"));
  expect(conditionsOf({ queues: [queue({})] }, about("no_worker"))).toEqual([]);
});

const covers = (queues: Snapshot["queues"], rule: string, subject = "meta-inbound") =>
  evaluateRules({ ...CALM, queues }, THRESHOLDS, about(rule, subject), NOW).covers({ rule, subject });

test("while the queue's store is away, queue rules neither open nor close an alert", () => {
  expect(conditionsOf({ queues: undefined }, about("no_worker"))).toEqual([]);
  for (const rule of ["queue_delayed", "no_worker"]) expect(covers(undefined, rule)).toBe(false);
  for (const rule of ["new_error", "many_dead_letters", "account_paused"]) expect(covers(undefined, rule)).toBe(true);
});

test.each(["queue_delayed", "no_worker"])("%s decides only about queues that this worker watches", (rule) => {
  expect(covers([queue({})], rule)).toBe(true);
  expect(covers([queue({})], rule, "n8n-ai-turns")).toBe(false);
});

test("message_unfinished is open while an account has a message that is unsent for too long", () => {
  const account = "whatsapp:1065";
  expect(conditionsOf({ unfinished: [{ account, since: ago(750) }] })).toEqual([
    {
      rule: "message_unfinished",
      subject: account,
      summary: "the oldest unsent message of whatsapp:1065 waits for 12 min",
    },
  ]);
  expect(conditionsOf({}, about("message_unfinished", account))).toEqual([]);
});
