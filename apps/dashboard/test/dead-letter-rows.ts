import { type ExhaustedJob, uuidv7 } from "@millrace/core";
import { createDeadLetterList, createDeadLetters, type Database, type DeadLetter } from "@millrace/db";
import { QUEUE } from "./dashboard-server.ts";

/** When the job of {@link addDeadLetter} was received and failed. */
export const FAILED_AT = new Date("2026-03-01T11:00:00.000Z");

/** Records a dead letter of a job that the queue itself does not contain, as after the loss of the queue's data. */
export async function addDeadLetter(
  database: Database,
  jobId: string,
  changes: Partial<ExhaustedJob> = {},
): Promise<DeadLetter> {
  const job: ExhaustedJob = {
    queue: QUEUE,
    jobId,
    integration: "test",
    eventId: jobId,
    kind: "message",
    payload: { text: "Ada Sample" },
    errorKind: "permanent",
    error: "no tenant owns page 17",
    attempts: 1,
    correlationId: "c-1",
    receivedAt: FAILED_AT,
    failedAt: FAILED_AT,
    ...changes,
  };
  await createDeadLetters(database, uuidv7).record(job);
  return readDeadLetter(database, jobId);
}

/** Reads the dead letter of a job. */
export async function readDeadLetter(database: Database, jobId: string): Promise<DeadLetter> {
  const deadLetter = await createDeadLetterList(database).ofJob(QUEUE, jobId);
  if (!deadLetter) throw new Error(`no dead letter of ${jobId}`);
  return deadLetter;
}
