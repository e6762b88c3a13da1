import { UnrecoverableError } from "bullmq";
import { describeError, ProviderError } from "@millrace/core";

/** How a job failed; `unknown` when code outside Millrace failed it. */
export type FailureKind = "permanent" | "retryable" | "stalled" | "unknown";

/**
 * The error for BullMQ. BullMQ stores only its message and stack, so the message is `kind: description` without secrets
 * and personal data, and the stack is that one line.
 */
export function failure(error: unknown): Error {
  const kind: FailureKind = isPermanent(error) ? "permanent" : "retryable";
  const reason = `${kind}: ${describeError(error)}`;
  const wrapped = kind === "permanent" ? new UnrecoverableError(reason) : new Error(reason);
  wrapped.stack = reason;
  return wrapped;
}

/** BullMQ's own error is matched by name, because it may come from another copy of the package. */
function isPermanent(error: unknown): boolean {
  if (error instanceof ProviderError) return error.next.kind === "permanent";
  return error instanceof Error && error.name === UnrecoverableError.name;
}

/** Parses a job's failure reason: one of {@link failure} or of a stalled job. */
export function parseReason(reason: string | undefined): { kind: FailureKind; message: string } {
  const [, kind, message = ""] = /^(permanent|retryable|stalled): (.*)$/s.exec(reason ?? "") ?? [];
  if (kind === "permanent" || kind === "retryable" || kind === "stalled") return { kind, message };
  return { kind: "unknown", message: "failed outside Millrace" };
}
