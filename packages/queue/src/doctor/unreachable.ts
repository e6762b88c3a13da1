import type { CheckResult } from "@millrace/core";

/** The result for a store that does not respond. It has only the code of the error: its message may contain the URL. */
export function unreachable(check: string, error: unknown): CheckResult {
  const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
  return {
    check,
    state: "fail",
    message: `not reachable by QUEUE_URL: ${code}`,
    remedy: "start it, or correct QUEUE_URL",
  };
}
