import type { CheckResult } from "@millrace/core";

/** A store that does not answer. The error's own message may hold the URL with its password: only its code is told. */
export function unreachable(check: string, error: unknown): CheckResult {
  const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
  return {
    check,
    state: "fail",
    message: `not reachable by QUEUE_URL: ${code}`,
    remedy: "start it, or correct QUEUE_URL",
  };
}
