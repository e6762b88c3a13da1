import type { Environment } from "@millrace/core";
import { listConversations } from "@millrace/db";
import { withStores } from "../stores.ts";

/** How many conversations are listed. */
const LIMIT = 20;

/** `millrace conversations` */
export async function printConversations(environment: Environment, { json }: { json?: true }): Promise<void> {
  const conversations = await withStores(environment, ({ database }) => listConversations(database, LIMIT));
  if (json) process.stdout.write(`${JSON.stringify(conversations)}\n`);
  else console.table(conversations.map((row) => ({ ...row, lastMessageAt: row.lastMessageAt?.toISOString() })));
}
