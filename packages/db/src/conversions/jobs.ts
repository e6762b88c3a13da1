import type { FollowUp } from "@millrace/core";

/** The fields that the jobs of a batch contain. */
type BatchKey = { integration: string; id: string; accountId: string };

/** The job that uploads a batch. */
export function uploadJob({ integration, id, accountId }: BatchKey): FollowUp {
  return { integration, role: "uploads", id: `upload.${id}`, kind: "upload", payload: { batchId: id, accountId } };
}

/** The job that asks the platform for the result of a batch. */
export function outcomeJob({ integration, id, accountId }: BatchKey, notBefore: Date): FollowUp {
  return {
    integration,
    role: "uploads",
    id: `outcome.${id}`,
    kind: "outcome",
    payload: { batchId: id, accountId },
    notBefore: notBefore.toISOString(),
  };
}
