import { type Environment, uuidv7 } from "@millrace/core";
import { createPauseOperations, isScope, type PauseOperations } from "@millrace/db";
import { auditContext, type AuditOptions } from "../audit-options.ts";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../usage-error.ts";

/** `millrace pauses list` */
export async function printPauses(environment: Environment, { json }: { json?: true }): Promise<void> {
  const pauses = await withPauses(environment, (operations) => operations.list());
  if (json) {
    printJson(pauses.map(({ ageMs: _ageMs, ...pause }) => pause));
    return;
  }
  printTable(
    pauses.map(({ scope, kind, reason, since, until, probes, waitingJobs, oldestJobSince }) => ({
      scope,
      kind,
      reason,
      since: since.toISOString(),
      "next probe": until?.toISOString() ?? "none: run pauses lift",
      probes,
      "waiting jobs": waitingJobs,
      "oldest job": oldestJobSince?.toISOString() ?? "",
    })),
    "no pauses",
  );
}

/** `millrace pauses lift`: ends the pause of a scope. */
export async function resumeScope(environment: Environment, options: AuditOptions & { scope: string }): Promise<void> {
  const { scope } = options;
  const resumed = await withPauses(environment, (operations) => operations.resume(scope, auditContext(options)));
  if (!resumed) throw new Error(`${scope} is not paused: run pauses list to see the paused scopes`);
  process.stdout.write(`${scope} is resumed: its jobs run within seconds\n`);
}

/** `millrace pauses set`: pauses a scope for a duration in ms, or until `millrace pauses lift`. */
export async function pauseScope(
  environment: Environment,
  options: AuditOptions & { scope: string; reason: string; for?: number },
): Promise<void> {
  const { scope, reason } = options;
  if (!isScope(scope)) throw new UsageError("a scope has 1 to 200 printable characters and no space");
  if (reason.trim() === "") throw new UsageError("--reason must not be empty");
  const until = await withPauses(environment, (operations) =>
    operations.set(scope, { ...auditContext(options), reason }, options.for),
  );
  const end = until ? `until ${until.toISOString()}` : "until you run pauses lift";
  process.stdout.write(`${scope} is paused ${end}\n`);
}

function withPauses<T>(environment: Environment, use: (operations: PauseOperations) => Promise<T>): Promise<T> {
  return withDatabase(environment, (database) => use(createPauseOperations(database, uuidv7)));
}
