import { expect, test } from "vitest";
import type { AlertThresholds } from "@millrace/core";
import type { ListedPause } from "@millrace/db";
import { evaluateRules } from "./rules.ts";
import type { Snapshot } from "./snapshot.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const THRESHOLDS: AlertThresholds = {
  deadLetters: 50,
  deadLettersMinutes: 10,
  waitingMinutes: 5,
  unfinishedMinutes: 10,
};
const NO_OUTAGES: Snapshot["outages"] = { queues: new Set(), watchedSince: NOW, waiting: [] };
const CALM: Snapshot = {
  errors: [],
  deadLetters: [],
  pauses: [],
  unfinished: [],
  queues: [],
  outages: NO_OUTAGES,
};
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
  overdue: 0,
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

const pause = (kind: ListedPause["kind"], seconds: number, waitingJobs = 3): ListedPause => ({
  scope: "meta:page:123",
  kind,
  reason: "HTTP 503",
  since: ago(seconds),
  ageMs: seconds * 1000,
  until: NOW,
  probes: 1,
  waitingJobs,
  oldestJobSince: ago(seconds),
});
const rulesOf = (kind: ListedPause["kind"], seconds: number) =>
  conditionsOf({ pauses: [pause(kind, seconds)] }).map(({ rule }) => rule);

test("account_paused is open while the account is paused", () => {
  expect(conditionsOf({ pauses: [pause("paused", 0)] })).toEqual([
    { rule: "account_paused", subject: "meta:page:123", summary: "meta:page:123 is paused: HTTP 503" },
  ]);
  expect(conditionsOf({}, about("account_paused", "meta:page:123"))).toEqual([]);
});

test("14: scope_unavailable opens when a circuit has been open for 2 min, and closes when a probe succeeds", () => {
  expect(rulesOf("unavailable", 119)).toEqual([]);
  expect(conditionsOf({ pauses: [pause("unavailable", 120)] })).toEqual([
    {
      rule: "scope_unavailable",
      subject: "meta",
      summary: "meta:page:123 is unavailable for 2 min: HTTP 503; 3 jobs wait",
    },
  ]);
  expect(conditionsOf({}, about("scope_unavailable", "meta"))).toEqual([]);
});

test("14: an outage that opens the circuits of several accounts has one alert, which counts them", () => {
  const circuit = (scope: string, seconds: number) => ({ ...pause("unavailable", seconds), scope });
  const pauses = [circuit("meta:page:123", 10), circuit("meta:page:456", 180), circuit("n8n", 60)];
  expect(conditionsOf({ pauses })).toEqual([
    {
      rule: "scope_unavailable",
      subject: "meta",
      summary: "meta (2 scopes) is unavailable for 3 min: HTTP 503; 6 jobs wait",
    },
  ]);
});

test("14: every pause of more than 10 min has exactly one alert", () => {
  expect(rulesOf("rate_limited", 599)).toEqual([]);
  expect(rulesOf("rate_limited", 600)).toEqual(["long_pause"]);
  expect(rulesOf("unavailable", 600)).toEqual(["scope_unavailable"]);
  expect(rulesOf("paused", 600)).toEqual(["account_paused"]);
  expect(conditionsOf({ pauses: [pause("rate_limited", 660, 1)] })).toMatchObject([
    { summary: "meta:page:123 is rate limited for 11 min: HTTP 503; 1 job waits" },
  ]);
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

test("14: delayed_overdue opens for a queue with overdue jobs, unless no_worker reports the queue", () => {
  expect(conditionsOf({ queues: [queue({ overdue: 2 })] })).toEqual([
    {
      rule: "delayed_overdue",
      subject: "meta-inbound",
      summary: "2 delayed jobs in meta-inbound should have run more than 10 min ago",
    },
  ]);
  expect(conditionsOf({ queues: [queue({ overdue: 1, workers: undefined })] })).toMatchObject([
    { summary: "1 delayed job in meta-inbound should have run more than 10 min ago" },
  ]);
  expect(conditionsOf({ queues: [queue({ overdue: 2, workers: 0 })] })).toEqual([]);
  expect(conditionsOf({ queues: [queue({})] }, about("delayed_overdue"))).toEqual([]);
});

const covers = (queues: Snapshot["queues"], rule: string, subject = "meta-inbound") =>
  evaluateRules({ ...CALM, queues }, THRESHOLDS, about(rule, subject), NOW).covers({ rule, subject });

test("while the queue's store is away, queue rules neither open nor close an alert", () => {
  expect(conditionsOf({ queues: undefined }, about("no_worker"))).toEqual([]);
  for (const rule of ["queue_delayed", "no_worker", "delayed_overdue"]) expect(covers(undefined, rule)).toBe(false);
  for (const rule of ["new_error", "many_dead_letters", "account_paused", "scope_unavailable", "long_pause"])
    expect(covers(undefined, rule)).toBe(true);
});

test.each(["queue_delayed", "no_worker", "delayed_overdue"])(
  "%s decides only about queues that this worker watches",
  (rule) => {
    expect(covers([queue({})], rule)).toBe(true);
    expect(covers([queue({})], rule, "n8n-ai-turns")).toBe(false);
  },
);

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
