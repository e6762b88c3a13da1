import { type CheckResult, type Environment, systemNow } from "@millrace/core";
import { checkDatabase } from "@millrace/db";
import { checkQueueStore } from "@millrace/queue";
import { readPorts } from "../env.ts";
import { localVariables } from "../start/local-variables.ts";
import { runningInstance } from "../start/running.ts";
import { checkOpenProblems } from "./open-problems.ts";
import { checkProviders } from "./providers.ts";
import { checkAlertWebhook, checkMediaStore, connectionsOfWorker, readStoreUrls } from "./settings.ts";
import { checkVariables, queuesInUse } from "./variables.ts";

/** `millrace doctor`. It exits with 1 if a check fails. */
export async function doctor(environment: Environment, { json }: { json?: true }): Promise<void> {
  const results = await runChecks(withGeneratedVariables(environment));
  process.stdout.write(json ? `${JSON.stringify(results)}\n` : results.map(formatResult).join(""));
  if (results.some(({ state }) => state === "fail")) process.exitCode = 1;
}

/** Adds the variables that a running `millrace start` has generated for its processes. */
function withGeneratedVariables(environment: Environment): Environment {
  if (!runningInstance()) return environment;
  const sandboxUrl = `http://127.0.0.1:${readPorts(environment).sandbox}`;
  return { ...environment, ...localVariables(environment, sandboxUrl).variables };
}

/** Runs every check. Checks that need a store are skipped if its address is missing or wrong. */
export async function runChecks(environment: Environment): Promise<CheckResult[]> {
  const stores = readStoreUrls(environment);
  const settings = [
    ...checkVariables(environment),
    ...(await checkMediaStore(environment)),
    ...checkAlertWebhook(environment),
    ...(await checkProviders(environment)),
  ];
  if (Array.isArray(stores)) return [...stores, ...settings];
  const { databaseUrl, queueUrl } = stores;
  return [
    ...(await checkDatabase(databaseUrl, connectionsOfWorker(environment, queueUrl), systemNow)),
    ...(await checkQueueStore(queueUrl)),
    ...settings,
    ...(await checkOpenProblems(environment, queuesInUse(environment))),
  ];
}

/** Formats a result and, on a second line, its remedy. Consecutive results with the same remedy share it. */
function formatResult(result: CheckResult, index: number, all: readonly CheckResult[]): string {
  const { check, state, message, remedy } = result;
  const showsRemedy = remedy !== undefined && all[index + 1]?.remedy !== remedy;
  const secondLine = showsRemedy ? `${" ".repeat(31)}-> ${remedy}\n` : "";
  return `${state.padEnd(6)}${check.padEnd(25)}${message}\n${secondLine}`;
}
