import { resolve } from "node:path";
import { type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

/** Where files are kept. */
export type MediaConfig =
  /** A folder, by its absolute path. */
  | { store: "folder"; folder: string }
  /**
   * A bucket; without an endpoint it is at AWS. Credentials are found by the SDK itself, as it does everywhere:
   * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
   */
  | { store: "s3"; bucket: string; endpoint: string | undefined; region: string };

const choice = z.object({
  MEDIA_STORE: z.enum(["folder", "s3"], { error: "must be folder or s3" }).default("folder"),
});

const folder = z.object({ MEDIA_FOLDER: z.string().default(".millrace/media") });

const s3 = z.object({
  MEDIA_S3_BUCKET: z.string(),
  MEDIA_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .refine((url) => new URL(url).username === "" && new URL(url).password === "", "must hold no credentials")
    .optional(),
  MEDIA_S3_REGION: z.string().default("us-east-1"),
});

/**
 * Reads which media store there is; a relative MEDIA_FOLDER is below the folder that the process was started in.
 * @throws EnvironmentError, also when S3 is chosen without a bucket
 */
export function readMediaConfig(environment: Environment): MediaConfig {
  const { MEDIA_STORE: store } = readEnvironment(choice, environment);
  if (store === "folder") return { store, folder: resolve(readEnvironment(folder, environment).MEDIA_FOLDER) };
  const read = readEnvironment(s3, environment);
  return { store, bucket: read.MEDIA_S3_BUCKET, endpoint: read.MEDIA_S3_ENDPOINT, region: read.MEDIA_S3_REGION };
}
