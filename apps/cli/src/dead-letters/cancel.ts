import { z } from "zod";
import { UsageError } from "../usage.ts";
import type { DeadLetterOptions, DeadLetterStores } from "./options.ts";

/** `millrace dead-letters cancel`: a replay puts nothing more back. */
export async function cancel({ replays }: DeadLetterStores, { ids: [id], by }: DeadLetterOptions): Promise<void> {
  if (id === undefined || !z.uuid().safeParse(id).success) throw new UsageError("which replay?");
  if (!(await replays.cancel(id, by))) throw new Error(`no replay ${id} runs`);
  process.stdout.write(`replay ${id} is cancelled\n`);
}
