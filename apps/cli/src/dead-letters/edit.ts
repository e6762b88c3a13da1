import { text } from "node:stream/consumers";
import { type Environment, systemNow, uuidv7 } from "@millrace/core";
import { createReplays } from "@millrace/db";
import { auditContext, type AuditOptions } from "../audit-options.ts";
import { withDatabase } from "../database.ts";
import { readSelection } from "./selection.ts";
import { UsageError } from "../usage-error.ts";

/** `millrace dead-letters edit`: replaces the payload with the JSON on stdin. */
export async function edit(environment: Environment, options: AuditOptions & { id: string }): Promise<void> {
  const { ids: [id = ""] = [] } = readSelection([options.id], {});
  const payload = parseJson(await text(process.stdin));
  const edited = await withDatabase(environment, (database) =>
    createReplays(database, uuidv7, systemNow).edit(id, payload, auditContext(options)),
  );
  if (!edited) throw new Error(`no dead letter has the id ${id} and the state dead`);
  process.stdout.write(`${id} is edited; replay it to process the new payload\n`);
}

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw new UsageError("stdin does not contain valid JSON");
  }
}
