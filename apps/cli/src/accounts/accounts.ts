import { userInfo } from "node:os";
import { type Environment, uuidv7 } from "@millrace/core";
import { assignAccount, listAccounts } from "@millrace/db";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../usage-error.ts";

/** `millrace accounts list` */
export async function printAccounts(environment: Environment, { json }: { json?: true }): Promise<void> {
  const accounts = await withDatabase(environment, (database) => listAccounts(database));
  if (json) printJson(accounts);
  else printTable(accounts, "no accounts yet");
}

/** `millrace accounts add` */
export async function addAccount(
  environment: Environment,
  account: { tenantName: string; provider: string; externalId: string; reason: string | undefined },
): Promise<void> {
  const { tenantName, provider, externalId, reason } = account;
  const { integrationsWithAccounts } = await import("@millrace/integrations");
  const providers = integrationsWithAccounts.map(({ id }) => id);
  if (!providers.includes(provider))
    throw new UsageError(`there is no integration ${provider} with accounts; choose one of: ${providers.join(", ")}`);
  const by = { actor: userInfo().username, reason };
  await withDatabase(environment, (database) =>
    assignAccount(database, { provider, externalId, tenantName }, by, uuidv7),
  );
  process.stdout.write(`assigned ${provider} ${externalId} to ${tenantName}\n`);
}
