import { type Environment, type CheckResult, systemNow } from "@millrace/core";
import { checkDatabase } from "@millrace/db";
import { checkQueueStore } from "@millrace/queue";
import { checkPipe } from "../doctor/pipe.ts";
import { checkFiles, checkWebhook, connectionsOfWorker, storesOf } from "../doctor/settings.ts";
import { checkVariables, queuesInUse } from "../doctor/variables.ts";
import { readPorts } from "../env.ts";
import { localVariables } from "../start/local-variables.ts";
import { runningInstance } from "../start/running.ts";

/** `millrace doctor`; it ends with 1 when something must be done. */
export const doctor = {
  usage: "doctor [--json]                          find out what is wrong, and say what to do",
  async run(args: string[], environment: Environment): Promise<void> {
    const findings = await examine(asStarted(environment));
    process.stdout.write(args.includes("--json") ? `${JSON.stringify(findings)}\n` : findings.map(lineOf).join(""));
    if (findings.some(({ state }) => state === "fail")) process.exitCode = 1;
  },
};

/** What `millrace start` makes up for its processes counts as set while it runs. */
function asStarted(environment: Environment): Environment {
  if (!runningInstance()) return environment;
  const sandboxUrl = `http://127.0.0.1:${readPorts(environment).sandbox}`;
  return { ...environment, ...localVariables(environment, sandboxUrl).variables };
}

async function examine(environment: Environment): Promise<CheckResult[]> {
  const stores = storesOf(environment);
  const settings = [...checkVariables(environment), ...(await checkFiles(environment)), ...checkWebhook(environment)];
  if (Array.isArray(stores)) return [...stores, ...settings];
  const { databaseUrl, queueUrl } = stores;
  return [
    ...(await checkDatabase(databaseUrl, connectionsOfWorker(environment, queueUrl), systemNow)),
    ...(await checkQueueStore(queueUrl)),
    ...settings,
    ...(await checkPipe(environment, queuesInUse(environment))),
  ];
}

/** A finding, and below it what to do, unless the next one says the same. */
function lineOf(
  { check, state, message: found, remedy }: CheckResult,
  index: number,
  all: readonly CheckResult[],
): string {
  const isLast = remedy !== undefined && all[index + 1]?.remedy !== remedy;
  const advice = isLast ? `${" ".repeat(31)}-> ${remedy}\n` : "";
  return `${state.padEnd(6)}${check.padEnd(25)}${found}\n${advice}`;
}
