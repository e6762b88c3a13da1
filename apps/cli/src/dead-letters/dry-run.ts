import type { DeadLetterSelection } from "@millrace/core";
import { createDeadLetterList, type Database } from "@millrace/db";
import { printJson } from "../print.ts";

/** Prints how many dead letters are selected, also per queue and error. Changes nothing. */
export async function dryRun(
  database: Database,
  selection: DeadLetterSelection,
  { verb, json }: { verb: "replayed" | "discarded"; json: true | undefined },
): Promise<void> {
  const reader = createDeadLetterList(database);
  const { dead } = await reader.counts(selection);
  const groups = await reader.countsByError(selection);
  const countsByError = groups.map(({ letters, ...group }) => ({ ...group, count: letters }));
  if (json) {
    printJson({ dryRun: true, count: dead, countsByError });
    return;
  }
  if (countsByError.length > 0) console.table(countsByError);
  process.stdout.write(`${dead} would be ${verb}; no changes made\n`);
}
