import { type Environment, EnvironmentError, type CheckResult, readAlertConfig, readAll } from "@millrace/core";
import { checkMedia, readMediaConfig } from "@millrace/media";
import { readQueueUrl } from "@millrace/queue";
import { readStores } from "../env.ts";
import { queuesInUse } from "./variables.ts";

/** Where the stores are, or why that cannot be told. */
export function storesOf(environment: Environment): { databaseUrl: string; queueUrl: string } | CheckResult[] {
  try {
    const { stores, queueUrl } = readAll({
      stores: () => readStores(environment),
      queueUrl: () => readQueueUrl(environment),
    });
    return { databaseUrl: stores.databaseUrl, queueUrl };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const remedy = "set it: .env.example tells what it is";
    return error.problems.map((message) => ({ check: "stores", state: "fail", message, remedy }));
  }
}

/** Whether files can be kept; nothing where the variables for that are wrong, which another check says. */
export async function checkFiles(environment: Environment): Promise<CheckResult[]> {
  try {
    return [await checkMedia(readMediaConfig(environment))];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [];
  }
}

/** Whether anybody is told of an alert; nothing where the variables for that are wrong, which another check says. */
export function checkWebhook(environment: Environment): CheckResult[] {
  const check = "alert webhook";
  try {
    if (readAlertConfig(environment).webhook)
      return [{ check, state: "ok", message: "alerts are told to ALERT_WEBHOOK_URL" }];
    return [
      { check, state: "warn", message: "alerts are only logged", remedy: "set ALERT_WEBHOOK_URL for the worker" },
    ];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [];
  }
}

/**
 * Connections to Postgres that one worker takes at most, as it opens them: its own, the fence's, and where Postgres
 * keeps the queue ten for all queues and one for each.
 */
export function connectionsOfWorker(environment: Environment, queueUrl: string): number {
  const concurrency = Math.min(Number(environment["WORKER_CONCURRENCY"]) || 16, 16);
  const queues = queueUrl.startsWith("postgres") ? 10 + queuesInUse(environment).length : 0;
  return concurrency + 2 + concurrency + queues;
}
