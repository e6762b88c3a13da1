import { type CheckResult, type Environment, EnvironmentError, readAlertConfig, readAll } from "@millrace/core";
import { checkMedia, readMediaConfig } from "@millrace/media";
import { readQueueUrl } from "@millrace/queue";
import { readStores } from "../env.ts";
import { queuesInUse } from "./variables.ts";

/** Returns the URLs of the stores. If a variable is missing or wrong, returns a failed check per variable instead. */
export function readStoreUrls(environment: Environment): { databaseUrl: string; queueUrl: string } | CheckResult[] {
  try {
    const { stores, queueUrl } = readAll({
      stores: () => readStores(environment),
      queueUrl: () => readQueueUrl(environment),
    });
    return { databaseUrl: stores.databaseUrl, queueUrl };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const remedy = "set the variable: see .env.example";
    return error.problems.map((message) => ({ check: "stores", state: "fail", message, remedy }));
  }
}

/** Checks that files can be stored. Returns no result if the variables are wrong, because another check reports that. */
export async function checkMediaStore(environment: Environment): Promise<CheckResult[]> {
  try {
    return [await checkMedia(readMediaConfig(environment))];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [];
  }
}

/** Checks that alerts have a webhook. Returns no result if the variables are wrong, because another check reports that. */
export function checkAlertWebhook(environment: Environment): CheckResult[] {
  const check = "alert webhook";
  try {
    if (readAlertConfig(environment).webhook)
      return [{ check, state: "ok", message: "alerts are sent to ALERT_WEBHOOK_URL" }];
    return [
      { check, state: "warn", message: "alerts are only logged", remedy: "set ALERT_WEBHOOK_URL for the worker" },
    ];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [];
  }
}

/**
 * Returns the most connections to Postgres that one worker opens: its pool, the pool of the takeover lock with at least
 * one for each channel, and for a queue on Postgres ten for all queues together and one for each queue.
 */
export function connectionsOfWorker(environment: Environment, queueUrl: string): number {
  const concurrency = Math.min(Number(environment["WORKER_CONCURRENCY"]) || 16, 16);
  const queues = queuesInUse(environment);
  const channels = queues.filter(({ role }) => role === "outbound").length;
  const forQueues = queueUrl.startsWith("postgres") ? 10 + queues.length : 0;
  return concurrency + 2 + Math.max(concurrency, channels) + forQueues;
}
