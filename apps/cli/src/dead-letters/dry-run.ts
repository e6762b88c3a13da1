import type { DeadLetterSelection } from "@millrace/core";
import { createDeadLetterList, type Database } from "@millrace/db";
import { printJson } from "../print.ts";

/** Prints how many dead letters are selected, also per queue and error: of many, the latest 10,000. Changes nothing. */
export async function dryRun(
  database: Database,
  selection: DeadLetterSelection,
  { verb, json }: { verb: "replayed" | "discarded"; json: true | undefined },
): Promise<void> {
  const { count, isExact, countsByError } = await createDeadLetterList(database).preview(selection);
  if (json) {
    printJson({ dryRun: true, count, isExact, countsByError });
    return;
  }
  if (countsByError.length > 0) console.table(countsByError);
  process.stdout.write(`${isExact ? "" : "more than "}${count} would be ${verb}; no changes made\n`);
}
