import type { Environment } from "@millrace/core";
import { listConversations } from "@millrace/db";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";

/** How many conversations are listed. */
const LIMIT = 20;

/** `millrace conversations` */
export async function printConversations(environment: Environment, { json }: { json?: true }): Promise<void> {
  const conversations = await withDatabase(environment, (database) => listConversations(database, LIMIT));
  if (json) printJson(conversations);
  else
    printTable(
      conversations.map((row) => ({ ...row, lastMessageAt: row.lastMessageAt?.toISOString() })),
      "no conversations yet",
    );
}
