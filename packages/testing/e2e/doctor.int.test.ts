import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openRows, temporaryFolder, until, useTestDatabase } from "../src/index.ts";
import { millrace } from "./command.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { secrets } from "./simulated-platform.ts";

type CheckResult = { check: string; state: string };

const database = useTestDatabase({ empty: true });
let apps: AppProcess[] = [];
afterEach(async () => {
  await Promise.all(apps.map((app) => app.kill()));
  apps = [];
});

/** Starts the sandbox. Returns the variables that make it the provider of every integration. */
async function startProviders(): Promise<Record<string, string>> {
  const sandbox = await startApp("sandbox", {});
  apps.push(sandbox);
  const url = `http://127.0.0.1:${sandbox.port}`;
  return { GRAPH_BASE_URL: `${url}/graph/v26.0`, TELEGRAM_BASE_URL: `${url}/telegram` };
}

/** Runs the doctor. Returns its exit code and the checks that are not ok. */
async function runDoctor(variables: Record<string, string>): Promise<{ exitCode: number; problems: string[] }> {
  const { exitCode, stdout } = await millrace(["doctor", "--json"], variables).then(
    (stdout) => ({ exitCode: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ exitCode: error.code, stdout: error.stdout }),
  );
  const results: CheckResult[] = JSON.parse(stdout);
  const problems = results.filter(({ state }) => state !== "ok").map(({ check, state }) => `${state} ${check}`);
  return { exitCode, problems };
}

test("the doctor reports each problem until it is solved, and exits with 1 while a check fails", async () => {
  const environment = {
    ...secrets,
    ...(await startProviders()),
    DATABASE_URL: database.url,
    MEDIA_FOLDER: join(temporaryFolder(), "media"),
  };
  expect(await runDoctor(environment)).toEqual({
    exitCode: 1,
    problems: ["fail migrations", "fail the queue's tables", "warn alert webhook"],
  });
  await millrace(["migrate"], environment);
  expect(await runDoctor(environment)).toEqual({ exitCode: 1, problems: ["warn alert webhook", "fail workers"] });

  // The alerts are tested before a worker runs, because a worker closes alerts when their condition ends.
  const rows = openRows(database.url);
  await rows.rows(
    `insert into millrace.alerts (id, rule, subject, summary, opened_at)
     values (gen_random_uuid(), 'account_paused', 'meta:page:1', 'meta:page:1 is paused', now())`,
  );
  const withWebhook = { ...environment, ALERT_WEBHOOK_URL: "https://hooks.example/T/B/hush" };
  expect(await runDoctor(withWebhook)).toEqual({ exitCode: 1, problems: ["warn alerts", "fail workers"] });
  await rows.rows(`update millrace.alerts set opened_at = now() - interval '16 minutes'`);
  expect(await runDoctor(withWebhook)).toEqual({
    exitCode: 1,
    problems: ["warn alerts", "fail alert webhook", "fail workers"],
  });
  await rows.rows("delete from millrace.alerts");
  await rows.close();

  apps.push(await startApp("worker", environment));
  await until("every queue has a worker", async () => (await runDoctor(environment)).exitCode === 0);
  expect(await runDoctor(environment)).toEqual({ exitCode: 0, problems: ["warn alert webhook"] });
}, 180_000);

test("the doctor asks the providers about each token, and fails for a rejected one", async () => {
  const environment = { ...secrets, ...(await startProviders()), DATABASE_URL: database.url };
  await millrace(["migrate"], environment);
  const rejected = {
    ...environment,
    WHATSAPP_ACCESS_TOKEN: "1065=sandbox,1066=expired",
    TELEGRAM_BOT_TOKEN: "7:revoked",
  };
  const problems = async (variables: Record<string, string>) =>
    (await runDoctor(variables)).problems.filter((problem) => /whatsapp|telegram|meta/.test(problem));
  expect(await problems(environment)).toEqual([]);
  expect(await problems(rejected)).toEqual(["fail whatsapp 1066", "fail telegram bot default"]);
}, 180_000);
