import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { type Environment, uuidv7 } from "@millrace/core";
import { assignAccount, listAccounts } from "@millrace/db";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** `millrace accounts` */
export const accounts = {
  usage:
    "accounts list | add <tenant> <provider> <external id> [--reason <text>]  assign an account of a provider (or *) to a tenant",
  async run(args: string[], environment: Environment): Promise<void> {
    const { positionals, values } = parse(args);
    const [verb, tenantName, provider, externalId] = positionals;
    if (verb === "list") {
      console.table(await withStores(environment, ({ database }) => listAccounts(database)));
      return;
    }
    if (verb !== "add" || !tenantName || !provider || !externalId)
      throw new UsageError("the tenant, the provider or the external id is missing");
    const by = { actor: userInfo().username, reason: values.reason };
    await withStores(environment, ({ database }) =>
      assignAccount(database, { provider, externalId, tenantName }, by, uuidv7),
    );
    process.stdout.write(`assigned ${provider} ${externalId} to ${tenantName}\n`);
  },
};

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { reason: { type: "string" } } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
