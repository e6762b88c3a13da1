import { afterEach, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";
import { createDeadLetters } from "./record.ts";
import { createDeadLetterRates, type DeadLetterRates } from "./rates.ts";

const database = useDatabase(4);
let rates: DeadLetterRates;

beforeAll(async () => {
  rates = createDeadLetterRates(database);
});

afterEach(async () => {
  await database.orm.delete(deadLetters);
  await database.orm.delete(webhookEvents);
});

const NOW = new Date("2026-11-20T10:00:00.000Z");
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const HOUR = 60;
const DAY = 24 * HOUR;

/** Records a dead letter of some minutes ago. */
async function die(error: string, ago: number, queue = "meta-inbound", jobId: string = uuidv7()): Promise<void> {
  await createDeadLetters(database, uuidv7).record({
    queue,
    jobId,
    integration: "meta",
    eventId: jobId,
    kind: "lead",
    payload: {},
    errorKind: "permanent",
    error,
    attempts: 1,
    correlationId: "c",
    receivedAt: minutesAgo(ago),
    failedAt: minutesAgo(ago),
  });
}
const kinds = () => rates.kindsSince(minutesAgo(HOUR));

test("dead letters that differ only in numbers and ids count as one error per queue", async () => {
  await die("no tenant owns page 123", 1);
  await die("no tenant owns page 456", 2);
  await die("no tenant owns page 123", 3, "whatsapp-inbound");
  await die("no body in 3f2a-77b1 of wamid_A9", 4);
  const facts = { known: false };
  expect(await kinds()).toEqual([
    { ...facts, queue: "meta-inbound", kind: "no body in # of #", letters: 1 },
    { ...facts, queue: "meta-inbound", kind: "no tenant owns page #", letters: 2 },
    { ...facts, queue: "whatsapp-inbound", kind: "no tenant owns page #", letters: 1 },
  ]);
});

test.each([
  [HOUR + 1, true],
  [7 * DAY, true],
  [7 * DAY + HOUR + 1, false],
])("an error of %d minutes ago is known: %s", async (ago, known) => {
  await die("no page 1", ago);
  await die("no page 2", 1);
  expect(await kinds()).toMatchObject([{ kind: "no page #", letters: 1, known }]);
});

test("a replayed dead letter that fails again has a known error only if it failed with it before", async () => {
  await die("no page 1", 2 * HOUR, "meta-inbound", "job");
  await die("no page 1", 1, "meta-inbound", "job");
  expect(await kinds()).toMatchObject([{ kind: "no page #", known: true }]);
  await die("no token", 0, "meta-inbound", "job");
  expect(await kinds()).toMatchObject([{ kind: "no token", known: false }]);
});

test("a long error is cut to the length that an index can hold", async () => {
  await die("so ".repeat(2_000), 1);
  expect((await kinds())[0]?.kind).toHaveLength(200);
});

test("dead letters are counted by queue and minute, without resolved and older ones", async () => {
  for (const ago of [0, 0.9, 1, 19.9, 20]) await die("no page", ago);
  await die("no page", 1, "n8n-ai-turns");
  await die("gone", 5, "meta-inbound", "resolved");
  await database.orm.execute("update millrace.dead_letters set state = 'resolved' where job_id = 'resolved'");
  const counted = await rates.byMinute(NOW, 20);
  expect([...counted].sort((a, b) => a.queue.localeCompare(b.queue) || a.minutesAgo - b.minutesAgo)).toEqual([
    { queue: "meta-inbound", minutesAgo: 0, letters: 2 },
    { queue: "meta-inbound", minutesAgo: 1, letters: 1 },
    { queue: "meta-inbound", minutesAgo: 19, letters: 1 },
    { queue: "n8n-ai-turns", minutesAgo: 1, letters: 1 },
  ]);
  expect(await rates.waiting()).toBe(6);
});
