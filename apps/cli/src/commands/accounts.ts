import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { type Environment, uuidv7 } from "@millrace/core";
import { assignAccount, listAccounts } from "@millrace/db";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** `millrace sources` */
export const sources = {
  usage:
    "sources list | add <tenant> <provider> <account> [--reason <text>]  give a page, number or bot (or *) to a tenant",
  async run(args: string[], environment: Environment): Promise<void> {
    const { positionals, values } = parse(args);
    const [verb, tenantName, provider, externalId] = positionals;
    if (verb === "list") {
      console.table(await withStores(environment, ({ database }) => listAccounts(database)));
      return;
    }
    if (verb !== "add" || !tenantName || !provider || !externalId)
      throw new UsageError("name the tenant, the provider and the account");
    const by = { actor: userInfo().username, reason: values.reason };
    await withStores(environment, ({ database }) =>
      assignAccount(database, { provider, externalId, tenantName }, by, uuidv7),
    );
    process.stdout.write(`${provider} ${externalId} belongs to ${tenantName}\n`);
  },
};

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { reason: { type: "string" } } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
