import { expect, test } from "vitest";
import type { AlertThresholds } from "@millrace/core";
import { judge } from "./rules.ts";
import type { Snapshot } from "./snapshot.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const THRESHOLDS: AlertThresholds = { deadLetters: 50, deadLettersMinutes: 10, waitingMinutes: 5 };
const CALM: Snapshot = { kinds: [], deaths: [], paused: [], queues: [] };
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

/** What is found in a calm world with this in it, while these alerts are open. */
function found(part: Partial<Snapshot>, open: { rule: string; subject: string }[] = []) {
  return judge({ ...CALM, ...part }, THRESHOLDS, open, NOW).troubles;
}

const kind = (known: boolean) => ({ queue: "meta-inbound", kind: "no tenant owns page #", letters: 3, known });
const queue = (state: object) => ({
  queue: "meta-inbound",
  waitsSince: undefined,
  workers: 1,
  unconsumedSince: undefined,
  ...state,
});
const deaths = (...counts: [minutesAgo: number, letters: number][]) =>
  counts.map(([minutesAgo, letters]) => ({ queue: "meta-inbound", minutesAgo, letters }));
const about = (rule: string, subject = "meta-inbound") => [{ rule, subject }];

test("a kind of dead letter that was not there for a week is a trouble, a known one is none", () => {
  expect(found({ kinds: [kind(false)] })).toEqual([
    {
      rule: "new_error",
      subject: "meta-inbound: no tenant owns page #",
      summary: "a new kind of dead letter in meta-inbound: no tenant owns page # (3 within the hour)",
    },
  ]);
  expect(found({ kinds: [kind(true)] })).toEqual([]);
});

test("a new kind stays a trouble for as long as there was one within the hour", () => {
  const open = about("new_error", "meta-inbound: no tenant owns page #");
  expect(found({ kinds: [kind(true)] }, open)).toMatchObject(open);
  expect(found({}, open)).toEqual([]);
});

test("many dead letters are more than the number within the minutes, in one queue", () => {
  expect(found({ deaths: deaths([0, 20], [9, 30]) })).toEqual([]);
  expect(found({ deaths: deaths([0, 20], [9, 30], [10, 900]) })).toEqual([]);
  expect(found({ deaths: [...deaths([0, 40]), { queue: "n8n-ai-turns", minutesAgo: 0, letters: 40 }] })).toEqual([]);
  expect(found({ deaths: deaths([0, 20], [9, 31]) })).toEqual([
    { rule: "many_dead_letters", subject: "meta-inbound", summary: "51 dead letters in meta-inbound within 10 min" },
  ]);
});

test("many dead letters are over when their number was never too high for as many minutes", () => {
  expect(found({ deaths: deaths([10, 51]) }, about("many_dead_letters"))).toMatchObject(about("many_dead_letters"));
  expect(found({ deaths: deaths([15, 30], [8, 21]) }, about("many_dead_letters"))).toMatchObject(
    about("many_dead_letters"),
  );
  expect(found({ deaths: deaths([19, 30], [8, 21]) }, about("many_dead_letters"))).toEqual([]);
});

test("a paused account is a trouble until it is lifted", () => {
  const paused = [{ scope: "meta:page:123", reason: "the page's access token is not valid" }];
  expect(found({ paused })).toEqual([
    {
      rule: "account_paused",
      subject: "meta:page:123",
      summary: "meta:page:123 is paused: the page's access token is not valid",
    },
  ]);
  expect(found({}, about("account_paused", "meta:page:123"))).toEqual([]);
});

test("a queue whose first job waits for the minutes is a trouble", () => {
  expect(found({ queues: [queue({ waitsSince: ago(299) })] })).toEqual([]);
  expect(found({ queues: [queue({ waitsSince: ago(300) })] })).toEqual([
    { rule: "queue_delayed", subject: "meta-inbound", summary: "the first job of meta-inbound waits for 5 min" },
  ]);
});

test("a queue without a worker for a minute is a trouble until it has one, and it says whether jobs wait", () => {
  const without = (seconds: number) => queue({ workers: 0, unconsumedSince: ago(seconds) });
  expect(found({ queues: [without(59)] })).toEqual([]);
  expect(found({ queues: [without(60)] })).toMatchObject([
    { rule: "no_worker", summary: "no worker consumes meta-inbound, and nothing waits in it" },
  ]);
  expect(found({ queues: [{ ...without(60), waitsSince: ago(1) }] })).toMatchObject([
    { rule: "no_worker", summary: "no worker consumes meta-inbound, and jobs wait in it" },
  ]);
  // Another worker's round: it has not watched for a minute yet.
  expect(found({ queues: [without(1)] }, about("no_worker"))).toMatchObject(about("no_worker"));
  expect(found({ queues: [queue({})] }, about("no_worker"))).toEqual([]);
});

const isJudged = (queues: Snapshot["queues"], rule: string, subject = "meta-inbound") =>
  judge({ ...CALM, queues }, THRESHOLDS, about(rule, subject), NOW).isJudged({ rule, subject });

test("while the queue's store is away nothing is said of queues, neither good nor bad", () => {
  expect(judge({ ...CALM, queues: undefined }, THRESHOLDS, about("no_worker"), NOW).troubles).toEqual([]);
  for (const rule of ["queue_delayed", "no_worker"]) expect(isJudged(undefined, rule)).toBe(false);
  for (const rule of ["new_error", "many_dead_letters", "account_paused"]) expect(isJudged(undefined, rule)).toBe(true);
});

test.each(["queue_delayed", "no_worker"])("%s is judged of queues that are watched, and of no others", (rule) => {
  expect(isJudged([queue({})], rule)).toBe(true);
  expect(isJudged([queue({})], rule, "n8n-ai-turns")).toBe(false);
});
