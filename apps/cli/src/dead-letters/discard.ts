import { type Environment, systemNow, uuidv7 } from "@millrace/core";
import { createReplays } from "@millrace/db";
import { auditContext, type AuditOptions } from "../audit-options.ts";
import { printJson } from "../print.ts";
import { withDatabase } from "../database.ts";
import { dryRun } from "./dry-run.ts";
import { type Json, requireSelection, type SelectionOptions } from "./selection.ts";

/** `millrace dead-letters discard` */
export async function discard(
  environment: Environment,
  options: SelectionOptions & AuditOptions & Json & { ids: readonly string[]; dryRun?: true },
): Promise<void> {
  const { ids, json } = options;
  const selection = requireSelection(ids, options);
  await withDatabase(environment, async (database) => {
    if (options.dryRun) return dryRun(database, selection, { verb: "discarded", json });
    const replays = createReplays(database, uuidv7, systemNow);
    const discarded = await replays.discard(selection, auditContext(options));
    if (json) printJson({ discarded });
    else process.stdout.write(`${discarded} discarded\n`);
  });
}
