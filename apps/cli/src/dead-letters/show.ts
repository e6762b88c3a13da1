import type { Environment } from "@millrace/core";
import { createDeadLetterList } from "@millrace/db";
import { withDatabase } from "../database.ts";

/** `millrace dead-letters show`: one dead letter, with its payload and its earlier failures. */
export async function show(
  environment: Environment,
  { id, json }: { id: string; json: true | undefined },
): Promise<void> {
  const deadLetter = await withDatabase(environment, (database) => createDeadLetterList(database).find(id));
  if (!deadLetter) throw new Error(`no dead letter, job or event has the id ${id}`);
  process.stdout.write(`${JSON.stringify(deadLetter, null, json ? undefined : 2)}\n`);
}
