import { type Environment, uuidv7 } from "@millrace/core";
import { assignSources } from "@millrace/db";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** `millrace sources` */
export const sources = {
  usage: "sources add <tenant> <provider> <account>  give a page, number or bot (or *) to a tenant",
  async run([verb, tenantName, provider, externalId]: string[], environment: Environment): Promise<void> {
    if (verb !== "add" || !tenantName || !provider || !externalId)
      throw new UsageError("name the tenant, the provider and the account");
    await withStores(environment, ({ database }) =>
      assignSources(database.orm, [{ provider, externalId, tenantName }], uuidv7),
    );
    process.stdout.write(`${provider} ${externalId} belongs to ${tenantName}\n`);
  },
};
