import { UsageError } from "../usage.ts";
import type { DeadLetterOptions, DeadLetterStores } from "./options.ts";

/** `millrace dead-letters show`: one, with its data and how it died before. */
export async function show({ letters }: DeadLetterStores, { ids: [id], json }: DeadLetterOptions): Promise<void> {
  if (id === undefined) throw new UsageError("which? its id, or that of its job or its event");
  const letter = await letters.find(id);
  if (!letter) throw new Error(`there is no dead letter of ${id}`);
  process.stdout.write(`${JSON.stringify(letter, null, json ? undefined : 2)}\n`);
}
