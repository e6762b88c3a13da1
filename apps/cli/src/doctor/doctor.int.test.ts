import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, useTestDatabase } from "@millrace/testing";
import { runChecks } from "./doctor.ts";

/** A value that is wrong for every variable, and easy to find in messages. */
const SECRET = "hush";

const UNREACHABLE = "http://127.0.0.1:1";

const database = useTestDatabase();
const environment = () => ({
  META_APP_SECRET: "meta-app-secret",
  META_WEBHOOK_VERIFY_TOKEN: "meta-verify-token",
  META_PAGE_ACCESS_TOKEN: "page-token",
  WHATSAPP_APP_SECRET: "whatsapp-app-secret",
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "whatsapp-verify-token",
  WHATSAPP_ACCESS_TOKEN: "whatsapp-token",
  TELEGRAM_WEBHOOK_SECRET: "telegram-secret",
  TELEGRAM_BOT_TOKEN: "telegram-token",
  N8N_WEBHOOK_SECRET: "n8n-secret",
  DATABASE_URL: database.url,
  MEDIA_FOLDER: join(temporaryFolder(), "media"),
  GRAPH_BASE_URL: UNREACHABLE,
  TELEGRAM_BASE_URL: UNREACHABLE,
});

test("the doctor names each wrong variable, and no value", async () => {
  const results = await runChecks({
    ...environment(),
    WHATSAPP_MESSAGES_PER_SECOND: SECRET,
    N8N_DISPATCH_URL: `ftp://${SECRET}`,
    ALERT_WEBHOOK_URL: SECRET,
    ALERT_WAITING_MINUTES: SECRET,
    RETENTION_EVENTS_DAYS: SECRET,
    WORKER_QUEUES: SECRET,
  });
  const failures = results.filter(({ state }) => state === "fail").map(({ check, message }) => `${check}: ${message}`);
  const mentions = (check: string, variable: string) =>
    failures.some((failure) => failure.startsWith(`${check}: ${variable}: `));
  expect(mentions("variables of whatsapp", "WHATSAPP_MESSAGES_PER_SECOND")).toBe(true);
  expect(mentions("variables of n8n", "N8N_DISPATCH_URL")).toBe(true);
  for (const variable of ["ALERT_WEBHOOK_URL", "ALERT_WAITING_MINUTES", "RETENTION_EVENTS_DAYS", "WORKER_QUEUES"])
    expect(mentions("variables of the worker", variable), variable).toBe(true);
  const printed = JSON.stringify(results);
  const secrets = Object.entries(environment()).filter(([name]) => /_(?:TOKEN|SECRET)$/.test(name));
  expect([SECRET, ...secrets.map(([, value]) => value)].filter((value) => printed.includes(value))).toEqual([]);
});

test("the doctor reports unreachable stores and providers within seconds", async () => {
  const results = await runChecks({
    ...environment(),
    DATABASE_URL: `postgres://mill:${SECRET}@127.0.0.1:1/mill`,
    QUEUE_URL: "redis://127.0.0.1:1",
  });
  const problems = results.filter(({ state }) => state !== "ok").map(({ check, state }) => `${state} ${check}`);
  expect(problems).toEqual([
    "fail Postgres",
    "fail Redis",
    "warn alert webhook",
    "warn meta page token",
    "warn whatsapp access token",
    "warn telegram bot default",
  ]);
  expect(JSON.stringify(results)).not.toContain(SECRET);
});
