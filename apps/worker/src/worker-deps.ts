import type {
  Assistant,
  ConversionUploads,
  Download,
  EventHandler,
  Http,
  Integration,
  Logger,
  MediaSource,
  NewId,
  Now,
  Outbound,
  OutgoingFormat,
  Random,
  Subscriptions,
} from "@millrace/core";
import type { Database } from "@millrace/db";
import type { OpenMediaStore } from "@millrace/media";
import type { ConsumerTimings, QueueBackend } from "@millrace/queue";
import type { ReplayTimings } from "./loops/replays.ts";
import type { BatchTimings } from "./loops/upload-batcher.ts";

/** An integration that is switched on, with a capability for each of its queues. */
export type EnabledIntegration = {
  id: string;
  accountOf?: Integration["accountOf"];
  handler: EventHandler;
  /** The domain events that it reacts to. */
  subscriptions?: Subscriptions | undefined;
  requests?: EventHandler | undefined;
  outbound?: Outbound | undefined;
  media?: MediaSource | undefined;
  assistant?: Assistant | undefined;
  uploads?: ConversionUploads | undefined;
};

/** The stores that a worker reads and writes. */
export type WorkerStores = {
  backend: QueueBackend;
  database: Database;
  /** A pool of its own for the takeover lock, which holds a connection for as long as a send takes. */
  lockDatabase: Database;
  media: OpenMediaStore;
};

/** What a worker uses from outside: the network, the log, the clock and chance. */
export type WorkerPorts = {
  http: Http;
  download: Download;
  log: Logger;
  now: Now;
  newId: NewId;
  random: Random;
};

/** Everything that `startWorker` needs. */
export type WorkerDeps = {
  stores: WorkerStores;
  ports: WorkerPorts;
  integrations: readonly EnabledIntegration[];
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  /** Which queues the worker consumes (undefined: all) and how many jobs of each run at a time. */
  consumption: { queues?: readonly string[] | undefined; concurrency: number };
  timings?: Partial<ConsumerTimings & ReplayTimings & BatchTimings> | undefined;
};
