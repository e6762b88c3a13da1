import type { DeadLetterSelection } from "@millrace/core";
import { createDeadLetterList, type Database } from "@millrace/db";
import { printJson } from "../print.ts";

/** Prints how many dead letters are selected, also per queue and error. Changes nothing. */
export async function dryRun(
  database: Database,
  selection: DeadLetterSelection,
  { verb, json }: { verb: "replayed" | "discarded"; json: true | undefined },
): Promise<void> {
  const { count, countsByError } = await createDeadLetterList(database).preview(selection);
  if (json) {
    printJson({ dryRun: true, count, countsByError });
    return;
  }
  if (countsByError.length > 0) console.table(countsByError);
  process.stdout.write(`${count} would be ${verb}; no changes made\n`);
}
