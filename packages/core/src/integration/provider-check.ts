import { describeError, ProviderError } from "../errors/provider-error.ts";
import type { Http } from "../http/http.ts";
import type { CheckResult } from "../runtime/check-result.ts";
import type { Now } from "../runtime/clock.ts";
import { DeadlineError, withDeadline } from "../runtime/deadline.ts";

/** The ports of a check. The signal aborts at the deadline of the check. */
export type CheckPorts = { http: Http; now: Now; signal: AbortSignal };

/** What a check finds. Without `remedy`, the doctor shows the remedy of the check. */
export type CheckOutcome = Omit<CheckResult, "check">;

/**
 * A question of the doctor to the provider: whether the configured credentials work. It only reads, and has no effect at
 * the provider.
 */
export type ProviderCheck = {
  /** What is checked, e.g. `telegram bot sales`. Without secrets and personal data. */
  check: string;
  /** How to correct the variables, for the case that the provider rejects them. */
  remedy: string;
  /** Asks the provider. Throws ProviderError only: {@link runProviderCheck} makes a result of it. */
  run(ports: CheckPorts): Promise<CheckOutcome>;
};

const UNREACHABLE = "check the network and the base URL of the integration, and run the doctor again";

/**
 * Runs a check. A rejection that pauses an account is a failure. Another error, or no answer within `deadlineMs`, is a
 * warning, because it can be temporary. Never rejects.
 */
export async function runProviderCheck(
  { check, remedy, run }: ProviderCheck,
  ports: Omit<CheckPorts, "signal">,
  deadlineMs: number,
): Promise<CheckResult> {
  const controller = new AbortController();
  try {
    const outcome = await withDeadline(run({ ...ports, signal: controller.signal }), deadlineMs);
    return { check, ...(outcome.state === "ok" ? {} : { remedy }), ...outcome };
  } catch (error) {
    if (error instanceof DeadlineError) return { check, state: "warn", message: error.message, remedy: UNREACHABLE };
    const message = describeError(error);
    const kind = error instanceof ProviderError ? error.next.kind : "permanent";
    if (kind === "paused") return { check, state: "fail", message, remedy };
    return { check, state: "warn", message, remedy: kind === "permanent" ? remedy : UNREACHABLE };
  } finally {
    controller.abort();
  }
}
