import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmptyDatabase, openRows, temporaryFolder, type TestDatabase, until } from "../src/index.ts";
import { secrets } from "./platform.ts";
import { type AppProcess, millrace, startApp } from "./processes.ts";

let database: TestDatabase;
let environment: Record<string, string>;
const running: AppProcess[] = [];

beforeEach(async () => {
  database = await createEmptyDatabase();
  const MEDIA_FOLDER = join(temporaryFolder(), "media");
  environment = { ...secrets, DATABASE_URL: database.url, MEDIA_FOLDER };
});
afterEach(async () => {
  for (const app of running.splice(0)) await app.kill();
  await database.drop();
});

type Findings = { check: string; state: string; found: string }[];

/** What the doctor finds that is not well, and what it ends with. */
async function examine(variables = environment): Promise<{ code: number; found: string[] }> {
  const { code, stdout } = await millrace(["doctor", "--json"], variables).then(
    (stdout) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  const found = (JSON.parse(stdout) as Findings).filter(({ state }) => state !== "ok");
  return { code, found: found.map(({ check, state }) => `${state} ${check}`) };
}

test("the doctor says what must be done until all is, and then that nothing must", async () => {
  expect(await examine()).toEqual({
    code: 1,
    found: [
      "fail migrations",
      "fail the queue's tables",
      "warn alert webhook",
      "fail dead letters",
      "fail alerts",
      "fail workers",
    ],
  });
  await millrace(["migrate"], environment);
  expect(await examine()).toEqual({ code: 1, found: ["warn alert webhook", "fail workers"] });
  running.push(await startApp("worker", environment));
  await until("each queue has a worker", async () => (await examine()).code === 0);
  const rows = openRows(database.url);
  await rows.rows(
    `insert into millrace.alerts (id, rule, subject, summary, opened_at)
     values (gen_random_uuid(), 'paused', 'meta:page:1', 'meta:page:1 is paused', now())`,
  );
  const told = { ...environment, ALERT_WEBHOOK_URL: "https://hooks.example/T/B/hush" };
  expect(await examine(told)).toEqual({ code: 0, found: ["warn alerts"] });
  await rows.rows(`update millrace.alerts set opened_at = now() - interval '16 minutes'`);
  await rows.close();
  expect(await examine(told)).toEqual({ code: 1, found: ["warn alerts", "fail alert webhook"] });
}, 120_000);

test("the doctor names each wrong variable, and no value", async () => {
  await millrace(["migrate"], environment);
  const wrong = {
    ...environment,
    WHATSAPP_MESSAGES_PER_SECOND: "hush",
    N8N_DISPATCH_URL: "ftp://hush",
    ALERT_WEBHOOK_URL: "hush",
    ALERT_WAITING_MINUTES: "hush",
    RETENTION_EVENTS_DAYS: "hush",
    WORKER_QUEUES: "hush",
  };
  const { stdout } = await millrace(["doctor"], wrong).then(
    (stdout) => ({ stdout }),
    (error: { stdout: string }) => error,
  );
  expect(stdout).toMatch(/fail +variables of whatsapp +WHATSAPP_MESSAGES_PER_SECOND: /);
  expect(stdout).toMatch(/fail +variables of n8n +N8N_DISPATCH_URL: /);
  for (const name of ["ALERT_WEBHOOK_URL", "ALERT_WAITING_MINUTES", "RETENTION_EVENTS_DAYS", "WORKER_QUEUES"])
    expect(stdout).toMatch(new RegExp(`fail +variables of the worker +${name}: `));
  for (const value of ["hush", ...Object.values(secrets).filter((secret) => secret.length > 8)])
    expect(stdout).not.toContain(value);
});

test("the doctor tells of stores that are not there within seconds", async () => {
  const away = {
    ...environment,
    DATABASE_URL: "postgres://mill:hush@127.0.0.1:1/mill",
    QUEUE_URL: "redis://127.0.0.1:1",
  };
  expect(await examine(away)).toEqual({ code: 1, found: ["fail Postgres", "fail Redis", "warn alert webhook"] });
});
