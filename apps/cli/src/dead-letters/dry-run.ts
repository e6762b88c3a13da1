import type { DeadLetterOptions, DeadLetterStores } from "./options.ts";

/** Tells how many dead letters are meant, and which: by queue and error. Changes nothing. */
export async function dryRun(
  { letters }: DeadLetterStores,
  { selection, json }: DeadLetterOptions,
  verb: string,
): Promise<void> {
  const { dead } = await letters.counts(selection);
  const tally = await letters.countsByError(selection);
  if (json) {
    process.stdout.write(`${JSON.stringify({ dryRun: true, letters: dead, tally })}\n`);
    return;
  }
  if (tally.length > 0) console.table(tally);
  process.stdout.write(`${dead} would be ${verb}; nothing was changed\n`);
}
