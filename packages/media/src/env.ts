import { resolve } from "node:path";
import { type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

/** Configuration of the media store. */
export type MediaConfig =
  /** A folder with an absolute path. */
  | { store: "folder"; folder: string }
  /**
   * A bucket, at AWS when there is no endpoint. The SDK finds the credentials by its default chain:
   * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
   */
  | { store: "s3"; bucket: string; endpoint: string | undefined; region: string };

const storeVariables = z.object({
  MEDIA_STORE: z.enum(["folder", "s3"], { error: "must be folder or s3" }).default("folder"),
});

const folderVariables = z.object({ MEDIA_FOLDER: z.string().default(".millrace/media") });

const s3Variables = z.object({
  MEDIA_S3_BUCKET: z.string(),
  MEDIA_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .refine((url) => new URL(url).username === "" && new URL(url).password === "", "must hold no credentials")
    .optional(),
  MEDIA_S3_REGION: z.string().default("us-east-1"),
});

/**
 * Reads the configuration of the media store. A relative MEDIA_FOLDER is below the working directory of the process.
 * @throws EnvironmentError, also when S3 is chosen without a bucket
 */
export function readMediaConfig(environment: Environment): MediaConfig {
  const { MEDIA_STORE: store } = readEnvironment(storeVariables, environment);
  if (store === "folder") return { store, folder: resolve(readEnvironment(folderVariables, environment).MEDIA_FOLDER) };
  const read = readEnvironment(s3Variables, environment);
  return { store, bucket: read.MEDIA_S3_BUCKET, endpoint: read.MEDIA_S3_ENDPOINT, region: read.MEDIA_S3_REGION };
}
