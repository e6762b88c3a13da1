import { ANY_ACCOUNT } from "../accounts/accounts.ts";
import type { Executor } from "../connection/database.ts";
import { providerAccounts } from "../schema/index.ts";

/** Returns a function that checks whether another tenant owns an account. */
export async function accountsOfOthers(
  tx: Executor,
  tenantId: string,
): Promise<(provider: string, account: string) => boolean> {
  const rows = await tx.select().from(providerAccounts);
  const owners = new Map(rows.map((row) => [`${row.provider}:${row.externalId}`, row.tenantId]));
  return (provider, account) => {
    // An account within an account, such as the chats of a business that a bot works for, has the same owner.
    const keys = [account, account.split("/")[0] ?? "", ANY_ACCOUNT].map((name) => `${provider}:${name}`);
    const owner = owners.get(keys.find((key) => owners.has(key)) ?? "");
    return typeof owner === "string" && owner !== tenantId;
  };
}
