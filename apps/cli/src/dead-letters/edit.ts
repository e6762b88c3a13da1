import { text } from "node:stream/consumers";
import { UsageError } from "../usage.ts";
import type { DeadLetterOptions, DeadLetterStores } from "./options.ts";

/** `millrace dead-letters edit`: changes what a replay of it will work on, to the JSON on stdin. */
export async function edit({ replays }: DeadLetterStores, options: DeadLetterOptions): Promise<void> {
  const [id, ...others] = options.selection.ids ?? [];
  if (id === undefined || others.length > 0) throw new UsageError("which one?");
  const payload = parse(await text(process.stdin));
  if (!(await replays.edit(id, payload, options.by))) throw new Error(`${id} is not dead, or is none`);
  process.stdout.write(`${id} is changed; replay it to have it worked on\n`);
}

function parse(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    throw new UsageError("what came by stdin is not JSON");
  }
}
