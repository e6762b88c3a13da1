import {
  type Environment,
  EnvironmentError,
  type CheckResult,
  type Integration,
  readAlertConfig,
  readRetentionDays,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readMediaConfig } from "@millrace/media";
import { queueCatalogue, type QueueDefinition, readWorkerShare } from "@millrace/queue";
import { readPorts } from "../env.ts";

/** Whether each integration and the worker can read their variables: a finding per wrong one. */
export function checkVariables(environment: Environment): CheckResult[] {
  return [
    ...integrations.flatMap((integration) =>
      checksOf(`variables of ${integration.id}`, partsOf(integration, environment)),
    ),
    ...checksOf("variables of files", [() => readMediaConfig(environment)]),
    ...checksOf("variables of the worker", [
      () => readPorts(environment),
      () => checkShare(environment),
      () => readAlertConfig(environment),
      () => readRetentionDays(environment),
    ]),
  ];
}

/** The queues that a worker with these variables consumes: all but those of what is switched off. */
export function queuesInUse(environment: Environment): QueueDefinition[] {
  return queueCatalogue(
    integrations.map((integration) => ({
      ...integration,
      assistant: inUse(integration, "assistant", environment),
      uploads: inUse(integration, "uploads", environment),
    })),
  );
}

/** Throws EnvironmentError, also for a queue that does not exist: the worker does not start with it. */
function checkShare(environment: Environment): void {
  const existing = queuesInUse(environment).map(({ name }) => name);
  const { queues = [] } = readWorkerShare(environment);
  if (queues.some((name) => !existing.includes(name)))
    throw new EnvironmentError([`WORKER_QUEUES: must name queues of ${existing.join(", ")}`]);
}

function partsOf(integration: Integration, environment: Environment): (() => unknown)[] {
  const formats = integrations.flatMap(({ format }) => (format ? [format] : []));
  return [
    () => integration.webhook(environment),
    () => integration.api?.(environment, formats),
    () => integration.handler(environment),
    () => integration.requests?.(environment),
    () => integration.outbound?.(environment),
    () => integration.media?.(environment),
    () => integration.assistant?.(environment),
    () => integration.uploads?.(environment),
  ];
}

function checksOf(check: string, parts: readonly (() => unknown)[]): CheckResult[] {
  const problems = new Set(parts.flatMap(problemsOf));
  if (problems.size === 0) return [{ check, state: "ok", message: "they can be read" }];
  const remedy = "set it for ingest or the worker: .env.example tells what it is";
  return [...problems].map((message) => ({ check, state: "fail", message, remedy }));
}

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

/** One that cannot be read counts as switched on: it is meant to be. */
function inUse(integration: Integration, ability: "assistant" | "uploads", environment: Environment): unknown {
  try {
    return integration[ability]?.(environment);
  } catch {
    return integration[ability];
  }
}
