import type { Executor } from "../database.ts";
import { leadSources } from "../schema/index.ts";
import type { LeftToErase } from "./erase-contact.ts";
import { matcherOf } from "./erase-traces.ts";
import { ANY_ACCOUNT } from "./sources.ts";

/** A job, or the dead letter of one, as far as it tells whom it is about. */
export type TracedJob = {
  source: string;
  /** The page, number or bot of ours; undefined where only the payload may tell it. */
  account: string | undefined;
  /** Its own id and its event's. */
  ids: readonly string[];
  payload: unknown;
};

/** Tells the jobs that are about a person from all others, and from those of another tenant's accounts. */
export async function jobsAbout(tx: Executor, left: LeftToErase): Promise<(job: TracedJob) => boolean> {
  const { mentions, names } = matcherOf(left);
  const rows = await tx.select().from(leadSources);
  const owners = new Map(rows.map(({ provider, externalId, tenantId }) => [`${provider}:${externalId}`, tenantId]));

  function isElsewhere(source: string, account: string): boolean {
    // Accounts within an account, such as the chats of a business that a bot works for, are that one's.
    const keys = [account, account.split("/")[0] ?? "", ANY_ACCOUNT].map((name) => `${source}:${name}`);
    const owner = owners.get(keys.find((key) => owners.has(key)) ?? "");
    return typeof owner === "string" && owner !== left.tenantId;
  }

  return ({ source, ids, payload, account = accountIn(payload) }) =>
    !(account !== undefined && isElsewhere(source, account)) && (mentions(payload) || ids.some(names));
}

/** As our own jobs and our callers' requests name it. */
function accountIn(payload: unknown): string | undefined {
  const { accountId, from } = (payload ?? {}) as { accountId?: unknown; from?: unknown };
  return [accountId, from].find((account) => typeof account === "string");
}
