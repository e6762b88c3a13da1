import { UnrecoverableError } from "bullmq";
import { describeError, ProviderError } from "@millrace/core";

/** How a job failed: `permanent`, `retryable`, `stalled`, or `unknown` when something else than Millrace failed it. */
export type FailureKind = "permanent" | "retryable" | "stalled" | "unknown";

/**
 * The error that BullMQ is given: its reason is all that is kept of an attempt, so it is written as `kind: message`,
 * safe to show, and its stack is that one line.
 */
export function failure(error: unknown): Error {
  const kind: FailureKind = isPermanent(error) ? "permanent" : "retryable";
  const reason = `${kind}: ${describeError(error)}`;
  const wrapped = kind === "permanent" ? new UnrecoverableError(reason) : new Error(reason);
  wrapped.stack = reason;
  return wrapped;
}

/** Besides our own errors BullMQ's: by name, because it may come from another copy of the package. */
function isPermanent(error: unknown): boolean {
  if (error instanceof ProviderError) return error.next.kind === "permanent";
  return error instanceof Error && error.name === UnrecoverableError.name;
}

/** Takes a job's failure reason apart again; reasons that BullMQ itself gives are told by their words. */
export function parseReason(reason: string | undefined): { kind: FailureKind; message: string } {
  const ours = /^(permanent|retryable): (.*)$/s.exec(reason ?? "");
  if (ours?.[1] === "permanent" || ours?.[1] === "retryable") return { kind: ours[1], message: ours[2] ?? "" };
  if (reason?.startsWith("job stalled")) {
    return { kind: "stalled", message: "the worker died or hung more than once while doing this job" };
  }
  return { kind: "unknown", message: "failed outside Millrace" };
}
