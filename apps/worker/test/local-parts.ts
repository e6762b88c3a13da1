import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchDownload, fetchHttp, systemNow, uuidv7 } from "@millrace/core";
import type { Database } from "@millrace/db";
import { openMediaStore } from "@millrace/media";
import type { WorkerParts } from "../src/worker.ts";

/** What a worker in a test or a benchmark is given besides what the test is about. */
export function localParts(
  database: Database,
): Pick<
  WorkerParts,
  "database" | "lockDatabase" | "formats" | "queues" | "http" | "download" | "media" | "now" | "newId"
> {
  return {
    database,
    lockDatabase: database,
    formats: [],
    queues: undefined,
    http: fetchHttp,
    download: fetchDownload,
    media: openMediaStore({ store: "folder", folder: join(tmpdir(), `millrace-media-${randomUUID()}`) }),
    now: systemNow,
    newId: uuidv7,
  };
}
