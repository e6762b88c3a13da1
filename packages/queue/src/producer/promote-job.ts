import type { Job } from "bullmq";

/** Makes a delayed job run now. Meanwhile it may have become due, or another worker may have promoted it. */
export async function promoteJob(job: Job): Promise<void> {
  await job.promote().catch(async (error: unknown) => {
    if (await job.isDelayed()) throw error;
  });
}
