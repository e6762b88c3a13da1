import type {
  Download,
  EnabledCapabilities,
  EventHandler,
  Http,
  Integration,
  Logger,
  NewId,
  Now,
  OutgoingFormat,
  ProbeIntervals,
  Random,
  Subscriptions,
} from "@millrace/core";
import type { Database } from "@millrace/db";
import type { OpenMediaStore } from "@millrace/media";
import type { ConsumerTimings, QueueBackend, WorkerShare } from "@millrace/queue";
import type { DatabaseOutages } from "./alerts/database-outages.ts";
import type { CapabilityTimings } from "./capabilities/timings.ts";
import type { PausedJobTimings } from "./loops/paused-jobs.ts";
import type { ReconcilerTimings } from "./loops/reconciler.ts";
import type { ReplayTimings } from "./loops/replays.ts";

/** An integration and its capabilities that are switched on. */
export type EnabledIntegration = {
  id: string;
  accountOf?: Integration["accountOf"];
  handler: EventHandler;
  /** The domain events that it reacts to. */
  subscriptions?: Subscriptions | undefined;
  capabilities?: EnabledCapabilities;
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

/** Times of a worker in ms. Production uses the defaults. */
export type WorkerTimings = Partial<
  ConsumerTimings & ReplayTimings & ReconcilerTimings & CapabilityTimings & PausedJobTimings
> & {
  probes?: ProbeIntervals;
};

/** Everything that `startWorker` needs. */
export type WorkerDeps = {
  stores: WorkerStores;
  ports: WorkerPorts;
  integrations: readonly EnabledIntegration[];
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  /** Which queues the worker consumes (undefined: all), how many jobs of each run at a time, and how long jobs wait. */
  consumption: Pick<WorkerShare, "concurrency" | "expiresAfterMs"> & Partial<Pick<WorkerShare, "queues">>;
  /** Records for the alerts which jobs wait for Postgres. */
  outages?: DatabaseOutages | undefined;
  timings?: WorkerTimings | undefined;
};
