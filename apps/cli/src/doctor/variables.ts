import {
  type CapabilityReader,
  type CheckResult,
  type Environment,
  EnvironmentError,
  formatsOf,
  type Integration,
  readAlertConfig,
  readCapabilities,
  readPublicUrl,
  readRetentionDays,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readMediaConfig } from "@millrace/media";
import { queueCatalogue, type QueueDefinition, readWorkerShare } from "@millrace/queue";
import { readPorts } from "../env.ts";

/** Checks the variables of every integration and of the worker. Returns a failed check per wrong variable. */
export function checkVariables(environment: Environment): CheckResult[] {
  return [
    ...integrations.flatMap((integration) =>
      checkReaders(`variables of ${integration.id}`, readersOf(integration, environment)),
    ),
    ...checkReaders("variables of ingest", [() => readPublicUrl(environment)]),
    ...checkReaders("variables of files", [() => readMediaConfig(environment)]),
    ...checkReaders("variables of the worker", [
      () => readPorts(environment),
      () => requireExistingQueues(environment),
      () => readAlertConfig(environment),
      () => readRetentionDays(environment),
    ]),
  ];
}

/** Returns the queues that a worker with these variables consumes: all except those of capabilities that are off. */
export function queuesInUse(environment: Environment): QueueDefinition[] {
  return queueCatalogue(
    integrations.map(({ id, capabilities = {} }) => ({
      id,
      capabilities: Object.fromEntries(
        Object.entries(capabilities).map(([name, capability]) => [name, readIfEnabled(capability, environment)]),
      ),
    })),
  );
}

/** Throws EnvironmentError if WORKER_QUEUES is wrong or names an unknown queue: the worker then refuses to start. */
function requireExistingQueues(environment: Environment): void {
  const existing = queuesInUse(environment).map(({ name }) => name);
  const { queues = [] } = readWorkerShare(environment);
  if (queues.some((name) => !existing.includes(name)))
    throw new EnvironmentError([`WORKER_QUEUES: must name queues of ${existing.join(", ")}`]);
}

/** Returns the functions that read the variables of an integration. */
function readersOf(integration: Integration, environment: Environment): (() => unknown)[] {
  const formats = formatsOf(integrations);
  return [
    () => integration.webhooks(environment),
    () => integration.api?.(environment, formats),
    () => integration.handler(environment),
    () => readCapabilities(integration.capabilities, environment),
  ];
}

function checkReaders(check: string, readers: readonly (() => unknown)[]): CheckResult[] {
  const problems = new Set(readers.flatMap(problemsOf));
  if (problems.size === 0) return [{ check, state: "ok", message: "all are valid" }];
  const remedy = "set the variable for ingest or the worker: see .env.example";
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

/** A capability with invalid variables counts as switched on, because its operator tried to configure it. */
function readIfEnabled(capability: CapabilityReader<unknown>, environment: Environment): unknown {
  try {
    return capability.read(environment);
  } catch {
    return capability;
  }
}
