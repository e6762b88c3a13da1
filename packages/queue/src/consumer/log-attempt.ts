import type { Job } from "bullmq";
import { describeError, type InboundEvent } from "@millrace/core";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";

/** The attempt that {@link logAttempt} logs. `event` is undefined when the job's data is unreadable. */
type LoggedAttempt = {
  job: Pick<Job, "id" | "name" | "timestamp" | "attemptsMade">;
  event: InboundEvent | undefined;
  startedAt: Date;
  result: AttemptOutcome;
};

/** Logs an attempt at a job in one line. */
export function logAttempt(
  { definition, log, now }: Pick<AttemptDeps, "definition" | "log" | "now">,
  { job, event, startedAt, result }: LoggedAttempt,
): void {
  const { outcome, detail, error, retryAt } = result;
  const fields = {
    queue: definition.name,
    jobId: job.id,
    integration: definition.integration,
    kind: job.name,
    correlationId: event?.correlationId,
    attempt: job.attemptsMade + 1,
    outcome,
    detail,
    error: error === undefined ? undefined : describeError(error),
    waitedMs: startedAt.getTime() - job.timestamp,
    durationMs: now().getTime() - startedAt.getTime(),
    retryAt: retryAt?.toISOString(),
  };
  log[levelOf(outcome)](fields, "job.attempted");
}

function levelOf(outcome: string): "debug" | "info" | "warn" {
  if (outcome === "failed") return "warn";
  return outcome === "snoozed" ? "debug" : "info";
}
