import { type Environment, systemNow, uuidv7 } from "@millrace/core";
import { createReplays } from "@millrace/db";
import { z } from "zod";
import { auditContext, type AuditOptions } from "../audit-options.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../usage-error.ts";

/** `millrace dead-letters cancel`: the replay requeues no further dead letters. */
export async function cancel(environment: Environment, options: AuditOptions & { id: string }): Promise<void> {
  const { id } = options;
  if (!z.uuid().safeParse(id).success) throw new UsageError(`${id} is not the id of a replay: it must be a UUID`);
  const cancelled = await withDatabase(environment, (database) =>
    createReplays(database, uuidv7, systemNow).cancel(id, auditContext(options)),
  );
  if (!cancelled) throw new Error(`no running replay has the id ${id}`);
  process.stdout.write(`replay ${id} is cancelled\n`);
}
