import type { FollowUp } from "@millrace/core";

/** What the jobs of a batch say of it. */
type BatchKey = { source: string; id: string; accountId: string };

/** The job that uploads a batch. */
export function uploadJob({ source, id, accountId }: BatchKey): FollowUp {
  return { source, role: "uploads", id: `upload.${id}`, kind: "upload", payload: { batchId: id, accountId } };
}

/** The job that asks what became of a batch. */
export function outcomeJob({ source, id, accountId }: BatchKey, notBefore: Date): FollowUp {
  return {
    source,
    role: "uploads",
    id: `outcome.${id}`,
    kind: "outcome",
    payload: { batchId: id, accountId },
    notBefore: notBefore.toISOString(),
  };
}
