import type { Environment } from "@millrace/core";

/** Where an upload's worker dies. */
export const UPLOAD_CRASH_POINTS = ["received by Google", "recorded", "to be uploaded again"] as const;

/** See {@link UPLOAD_CRASH_POINTS}. */
export type UploadCrashPoint = (typeof UPLOAD_CRASH_POINTS)[number];

/** The first argument of crash-worker.ts, as JSON. */
export type CrashWorkerOptions = {
  databaseUrl: string;
  queueUrl: string;
  environment: Environment;
  point: UploadCrashPoint;
};
