import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fetchDownload,
  fetchHttp,
  type FetchPorts,
  formatsOf,
  type Logger,
  type OutgoingFormat,
  type Random,
  systemNow,
  uuidv7,
} from "@millrace/core";
import { accountStore, type Database } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openMediaStore } from "@millrace/media";
import type { QueueBackend } from "@millrace/queue";
import type { WorkerPorts, WorkerStores } from "../../src/worker-deps.ts";

/** What each channel of the registry can send. */
export const outgoingFormats: readonly OutgoingFormat[] = formatsOf(integrations);

/** The real network and clock, with a log of the test's own. */
export function localPorts(log: Logger, random: Random = () => 0): WorkerPorts {
  return { http: fetchHttp, download: fetchDownload, log, now: systemNow, newId: uuidv7, random };
}

/** Stores of a test: one database also for the takeover lock, and an empty media folder. */
export function localStores(database: Database, backend: QueueBackend): WorkerStores {
  return { backend, database, lockDatabase: database, media: temporaryMedia() };
}

/** The ports of a fetch that runs outside a worker; the caller adds the signal. */
export function localFetchPorts(database: Database, log: Logger): Omit<FetchPorts, "signal"> {
  const accounts = accountStore(database.orm);
  return { http: fetchHttp, log, now: systemNow, media: temporaryMedia(), accounts };
}

function temporaryMedia() {
  return openMediaStore({ store: "folder", folder: join(tmpdir(), `millrace-media-${randomUUID()}`) });
}
