import type { Executor } from "../connection/database.ts";
import { accountsOfOthers } from "./accounts-of-others.ts";
import { matcherOf, type PersonalDataReaders } from "./personal-data-matcher.ts";
import type { ErasureScope } from "./scope.ts";

/** The fields of a job, or of a dead letter, by which the erasure decides whether it is about a person. */
export type MatchableJob = {
  integration: string;
  /** The account at the provider; undefined when only the payload may contain it. */
  account: string | undefined;
  /** The job's id and its event's id. */
  ids: readonly string[];
  payload: unknown;
  /** Whether the job is completed. A completed job is erased even if it only mentions the person. */
  isCompleted: boolean;
};

/** Returns a function that selects the jobs from or to a person, but none of another tenant's accounts. */
export async function jobsAboutContact(
  tx: Executor,
  scope: ErasureScope,
  readers: PersonalDataReaders,
): Promise<(job: MatchableJob) => boolean> {
  const { contains, isAbout, containsName } = matcherOf(scope, readers);
  const isOfOthers = await accountsOfOthers(tx, scope.tenantId);
  return ({ integration, ids, payload, isCompleted, account = accountIn(payload) }) => {
    const tenantId = tenantIn(payload);
    if (
      tenantId !== undefined ? tenantId !== scope.tenantId : account !== undefined && isOfOthers(integration, account)
    )
      return false;
    return isAbout(payload, integration) || ids.some(containsName) || (isCompleted && contains(payload, integration));
  };
}

/** The tenant in the payload of Millrace's own jobs. */
function tenantIn(payload: unknown): string | undefined {
  const { tenantId } = (payload ?? {}) as { tenantId?: unknown };
  return typeof tenantId === "string" ? tenantId : undefined;
}

/** The account in a payload, by the field names of Millrace's own jobs and of API requests. */
function accountIn(payload: unknown): string | undefined {
  const { accountId, from } = (payload ?? {}) as { accountId?: unknown; from?: unknown };
  return [accountId, from].find((account) => typeof account === "string");
}
