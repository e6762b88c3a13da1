import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CheckResult, ProviderError } from "@millrace/core";
import type { MediaConfig } from "./env.ts";
import { codeOf } from "./folder-error.ts";
import { openMediaStore } from "./media-store.ts";

/** Whether files can be kept. A folder is written to; a bucket is asked for a file that it does not have. Never rejects. */
export function checkMedia(config: MediaConfig): Promise<CheckResult> {
  return config.store === "folder" ? checkFolder(config.folder) : checkBucket(config);
}

async function checkFolder(folder: string): Promise<CheckResult> {
  const check = "media folder";
  const probe = join(folder, `~doctor-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await writeFile(probe, "");
    await rm(probe);
    return { check, state: "ok", message: `${folder} can be written` };
  } catch (error) {
    const remedy = "make it writable for the worker's user, or name another in MEDIA_FOLDER";
    return { check, state: "fail", message: `${folder} cannot be written: ${codeOf(error)}`, remedy };
  }
}

async function checkBucket(config: Extract<MediaConfig, { store: "s3" }>): Promise<CheckResult> {
  const check = "media bucket";
  const code = await openMediaStore(config)
    .read("doctor/none")
    .then(
      () => undefined,
      (error: unknown) => (error instanceof ProviderError ? error.code : "unknown"),
    );
  // Whoever may list the bucket is told that a file is not there.
  if (code === undefined || code === "no_file") return { check, state: "ok", message: `${config.bucket} answers` };
  const remedy = "see to MEDIA_S3_*, the credentials and their permissions: docs/operate.md names them";
  return { check, state: "fail", message: `${config.bucket} does not answer as it should: ${code}`, remedy };
}
