import type { Executor } from "../connection/database.ts";
import { providerAccounts } from "../schema/index.ts";
import type { LeftToErase } from "./contact.ts";
import { matcherOf } from "./personal-data-matcher.ts";
import { ANY_ACCOUNT } from "../accounts/accounts.ts";

/** A job, or the dead letter of one, as far as it tells whom it is about. */
export type MatchableJob = {
  integration: string;
  /** The page, number or bot of ours; undefined where only the payload may tell it. */
  account: string | undefined;
  /** Its own id and its event's. */
  ids: readonly string[];
  payload: unknown;
  /** Nothing is left to be done: then it is not missed either where it only talks of the person. */
  isOver: boolean;
};

/** Tells the jobs that are from or to a person from all others, and from those of another tenant's accounts. */
export async function jobsAboutContact(tx: Executor, left: LeftToErase): Promise<(job: MatchableJob) => boolean> {
  const { mentions, concerns, names } = matcherOf(left);
  const isElsewhere = await accountsElsewhere(tx, left.tenantId);
  return ({ integration, ids, payload, isOver, account = accountIn(payload) }) => {
    if (account !== undefined && isElsewhere(integration, account)) return false;
    return concerns(payload) || ids.some(names) || (isOver && mentions(payload));
  };
}

/** Tells the accounts that are another tenant's. */
export async function accountsElsewhere(
  tx: Executor,
  tenantId: string,
): Promise<(provider: string, account: string) => boolean> {
  const rows = await tx.select().from(providerAccounts);
  const owners = new Map(rows.map((row) => [`${row.provider}:${row.externalId}`, row.tenantId]));
  return (provider, account) => {
    // Accounts within an account, such as the chats of a business that a bot works for, are that one's.
    const keys = [account, account.split("/")[0] ?? "", ANY_ACCOUNT].map((name) => `${provider}:${name}`);
    const owner = owners.get(keys.find((key) => owners.has(key)) ?? "");
    return typeof owner === "string" && owner !== tenantId;
  };
}

/** As our own jobs and our callers' requests name it. */
function accountIn(payload: unknown): string | undefined {
  const { accountId, from } = (payload ?? {}) as { accountId?: unknown; from?: unknown };
  return [accountId, from].find((account) => typeof account === "string");
}
