import type { Environment } from "@millrace/core";
import { listConversations } from "@millrace/db";
import { withStores } from "../stores.ts";

/** How many are shown. */
const LATEST = 20;

/** `millrace conversations` */
export const conversations = {
  usage: "conversations [--json]                   list the latest conversations and who answers in them",
  async run(args: string[], environment: Environment): Promise<void> {
    const listed = await withStores(environment, ({ database }) => listConversations(database, LATEST));
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify(listed)}\n`);
    else console.table(listed.map((row) => ({ ...row, lastMessageAt: row.lastMessageAt?.toISOString() })));
  },
};
