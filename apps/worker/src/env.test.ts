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

test("14: events and AI turns wait for a provider as long as configured, by default 7 days and 1 hour", () => {
  expect(readWorkerConfig(COMPLETE).expiresAfterMs).toEqual({ inbound: 7 * 86_400_000, "ai-turns": 3_600_000 });
  const configured = { ...COMPLETE, EXPIRE_EVENTS_DAYS: "2", EXPIRE_AI_TURNS_MINUTES: "5" };
  expect(readWorkerConfig(configured).expiresAfterMs).toEqual({ inbound: 2 * 86_400_000, "ai-turns": 300_000 });
  expect(() => readWorkerConfig({ ...COMPLETE, EXPIRE_EVENTS_DAYS: "0" })).toThrow(/EXPIRE_EVENTS_DAYS/);
});
