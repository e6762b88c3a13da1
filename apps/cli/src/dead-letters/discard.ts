import { dryRun } from "./dry-run.ts";
import { type DeadLetterOptions, type DeadLetterStores, requireSelection } from "./options.ts";

/** `millrace dead-letters discard`: gives up for good what is dead. */
export async function discard(stores: DeadLetterStores, options: DeadLetterOptions): Promise<void> {
  requireSelection(options);
  if (options.dryRun) return dryRun(stores, options, "discarded");
  const discarded = await stores.replays.discard(options.selection, options.by);
  process.stdout.write(options.json ? `${JSON.stringify({ discarded })}\n` : `${discarded} discarded\n`);
}
