import { expect, test } from "vitest";
import type { EventProcessor } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { createDatabaseOutages, databaseOutageMatches, knowsDatabaseOutage } from "./database-outages.ts";

const PROCESSOR: EventProcessor = {
  scopes: () => [],
  process: () => Promise.resolve({ result: "written" }),
  isOutage: (error) => error instanceof Error && "code" in error,
};
const missingColumn = Object.assign(new Error("column does not exist"), { code: "42703" });

/** The memory of one worker that consumes `inbound`, with a clock in seconds. */
function worker() {
  let at = new Date("2026-11-20T10:00:00.000Z");
  const log = recordingLogger();
  const outages = createDatabaseOutages(() => at, log.log);
  const { isOutage } = outages.watch("inbound", PROCESSOR);
  return {
    isOutage,
    pass(seconds: number) {
      at = new Date(at.getTime() + seconds * 1000);
    },
    conditions: (open: readonly string[] = []) =>
      databaseOutageMatches(outages.known(), { now: at, isOpen: (subject) => open.includes(subject) }),
    knows: (queue = "inbound") => knowsDatabaseOutage(outages.known(), queue, at),
    alerts: () => log.lines().filter((line) => line["msg"] === "database.outage" && line["alert"] === true),
  };
}

test("14: jobs that wait for Postgres for two minutes are an alert, logged once", () => {
  const { isOutage, pass, conditions, alerts } = worker();
  for (let seconds = 0; seconds < 120; seconds += 5) {
    expect(isOutage(missingColumn)).toBe(true);
    expect([conditions(), alerts()]).toEqual([[], []]);
    pass(5);
  }
  for (let times = 0; times < 3; times += 1) isOutage(missingColumn);
  expect(conditions()).toEqual([
    { subject: "inbound", summary: "jobs in inbound wait because Postgres cannot do their work: error 42703" },
  ]);
  expect(alerts()).toMatchObject([{ queue: "inbound", code: "42703", since: "2026-11-20T10:00:00.000Z" }]);
});

test("the alert closes once no job has met the error for two minutes, and the next outage is a new one", () => {
  const { isOutage, pass, conditions, alerts } = worker();
  for (const seconds of [0, 119, 119]) {
    pass(seconds);
    isOutage(missingColumn);
  }
  pass(119);
  expect(conditions(["inbound"])).toHaveLength(1);
  pass(1);
  expect(conditions(["inbound"])).toEqual([]);
  isOutage(missingColumn);
  expect([conditions(), alerts()]).toMatchObject([[], [{}]]);
});

test("an error of a job's own is no outage", () => {
  const { isOutage, pass, conditions } = worker();
  for (const seconds of [0, 119, 119]) {
    pass(seconds);
    expect(isOutage(new TypeError("bug"))).toBe(false);
  }
  expect(conditions()).toEqual([]);
});

test("a worker decides only about queues that it consumes, after a start only once it has met the error or two minutes passed", () => {
  const { isOutage, pass, knows, conditions } = worker();
  expect(knows()).toBe(false);
  isOutage(missingColumn);
  expect(knows()).toBe(true);
  // Another worker opened the alert before.
  expect(conditions(["inbound"])).toHaveLength(1);
  pass(120);
  expect([knows(), knows("outbound")]).toEqual([true, false]);
});
