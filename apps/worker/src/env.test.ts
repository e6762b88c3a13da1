import { expect, test } from "vitest";
import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readWorkerConfig } from "./env.ts";

const COMPLETE: Environment = Object.assign(
  { DATABASE_URL: "postgres://127.0.0.1/millrace" },
  ...integrations.map(({ local }) => Object.fromEntries(local.secrets.map((name) => [name, `${name}-secret`]))),
  ...integrations.map(({ local }) => local.endpoints({}, "http://127.0.0.1:8082")),
);

test("what is over is kept for a while, for ever where the variable is 0", () => {
  expect(readWorkerConfig(COMPLETE).keptDays).toMatchObject({ webhook_events: 90, audit_log: 365 });
  expect(readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "0" }).keptDays.webhook_events).toBeUndefined();
});

test("an event is not forgotten while it may come again, nor a dead letter while its job is in the queue", () => {
  expect(readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "8" }).keptDays.webhook_events).toBe(8);
  expect(() => readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "7" })).toThrow(
    "RETENTION_EVENTS_DAYS: must be 0, for ever, or a number of days from 8 on",
  );
  expect(() => readWorkerConfig({ ...COMPLETE, RETENTION_DEAD_LETTERS_DAYS: "14" })).toThrow("from 15 on");
});
