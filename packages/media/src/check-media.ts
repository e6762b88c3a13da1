import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CheckResult, ProviderError } from "@millrace/core";
import type { MediaConfig } from "./env.ts";
import { codeOf } from "./folder-error.ts";
import { openMediaStore } from "./media-store.ts";

/** Checks the media store: writes a file to a folder, or reads a missing file from a bucket. Never rejects. */
export function checkMedia(config: MediaConfig): Promise<CheckResult> {
  return config.store === "folder" ? checkFolder(config.folder) : checkBucket(config);
}

async function checkFolder(folder: string): Promise<CheckResult> {
  const check = "media folder";
  const testFile = join(folder, `~doctor-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await writeFile(testFile, "");
    await rm(testFile);
    return { check, state: "ok", message: `${folder} is writable` };
  } catch (error) {
    const remedy = "make it writable for the worker's user, or set MEDIA_FOLDER to another folder";
    return { check, state: "fail", message: `${folder} is not writable: ${codeOf(error)}`, remedy };
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
  // S3 reports a missing file only to a client that may list the bucket.
  if (code === undefined || code === "no_file") return { check, state: "ok", message: `${config.bucket} responds` };
  const remedy = "check MEDIA_S3_*, the credentials and their permissions, which docs/operate.md lists";
  return { check, state: "fail", message: `${config.bucket} cannot be read: ${code}`, remedy };
}
