import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openRows, temporaryFolder, until, useTestDatabase } from "../src/index.ts";
import { millrace } from "../src/command.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { secrets } from "./simulated-platform.ts";

type CheckResult = { check: string; state: string };

const database = useTestDatabase({ empty: true });
let sandbox: AppProcess | undefined;
beforeAll(async () => {
  sandbox = await startApp("sandbox", {});
});
afterAll(() => sandbox?.kill());

/** The variables of a deployment. The sandbox is the provider of every integration. */
function variables(): Record<string, string> {
  const url = `http://127.0.0.1:${sandbox?.port}`;
  return {
    ...secrets,
    GRAPH_BASE_URL: `${url}/graph/v26.0`,
    TELEGRAM_BASE_URL: `${url}/telegram`,
    DATABASE_URL: database.url,
    MEDIA_FOLDER: join(temporaryFolder(), "media"),
  };
}

/** Runs the doctor. Returns its exit code and the checks that are not ok. */
async function runDoctor(environment: Record<string, string>): Promise<{ exitCode: number; problems: string[] }> {
  const { exitCode, stdout } = await millrace(["doctor", "--json"], environment).then(
    (stdout) => ({ exitCode: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ exitCode: error.code, stdout: error.stdout }),
  );
  const results: CheckResult[] = JSON.parse(stdout);
  const problems = results.filter(({ state }) => state !== "ok").map(({ check, state }) => `${state} ${check}`);
  return { exitCode, problems };
}

test("the doctor reports each problem until it is solved, and exits with 1 while a check fails", async () => {
  const environment = variables();
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

  const worker = await startApp("worker", environment);
  onTestFinished(() => worker.kill());
  const result = await until("every queue has a worker", async () => {
    const latest = await runDoctor(environment);
    return latest.exitCode === 0 && latest;
  });
  expect(result).toEqual({ exitCode: 0, problems: ["warn alert webhook"] });
}, 180_000);

test("the doctor asks the providers about each token, and fails for a rejected one", async () => {
  const environment = variables();
  await millrace(["migrate"], environment);
  const rejected = {
    ...environment,
    WHATSAPP_ACCESS_TOKEN: "1065=sandbox,1066=expired",
    TELEGRAM_BOT_TOKEN: "7:revoked",
  };
  const problems = async (changed: Record<string, string>) =>
    (await runDoctor(changed)).problems.filter((problem) => /whatsapp|telegram|meta/.test(problem));
  expect(await problems(environment)).toEqual([]);
  expect(await problems(rejected)).toEqual(["fail whatsapp 1066", "fail telegram bot default"]);
}, 180_000);
