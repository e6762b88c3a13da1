import { expect, test } from "vitest";
import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readWorkerConfig } from "./env.ts";

const COMPLETE: Environment = Object.assign(
  { DATABASE_URL: "postgres://127.0.0.1/millrace" },
  ...integrations.map(({ local }) => Object.fromEntries(local.secrets.map((name) => [name, `${name}-secret`]))),
  ...integrations.map(({ local }) => local.endpoints({}, "http://127.0.0.1:8082")),
);

test("retention has a default per table, and 0 keeps rows for ever", () => {
  expect(readWorkerConfig(COMPLETE).retentionDays).toMatchObject({ webhook_events: 90, audit_log: 365 });
  expect(readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "0" }).retentionDays.webhook_events).toBeUndefined();
});

test("retention keeps an event while it can be redelivered, and a dead letter while its job is in the queue", () => {
  expect(readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "8" }).retentionDays.webhook_events).toBe(8);
  expect(() => readWorkerConfig({ ...COMPLETE, RETENTION_EVENTS_DAYS: "7" })).toThrow(/RETENTION_EVENTS_DAYS: .*8/);
  expect(() => readWorkerConfig({ ...COMPLETE, RETENTION_DEAD_LETTERS_DAYS: "14" })).toThrow(
    /RETENTION_DEAD_LETTERS_DAYS: .*15/,
  );
});
