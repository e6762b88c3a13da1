import type { HttpBindings } from "@hono/node-server";
import type { RequestIdVariables } from "hono/request-id";
import type { ApiRoute, Logger, NewId, Now, QueueRole, Webhook } from "@millrace/core";
import type { Producer } from "@millrace/queue";

/** What the ingest app needs. */
export type IngestDeps = {
  /** By integration id; empty where the integration is switched off or receives no webhooks. */
  webhooks: ReadonlyMap<string, readonly Webhook[]>;
  /** By integration id; empty where the integration is switched off or has no API. */
  apis: ReadonlyMap<string, readonly ApiRoute[]>;
  /** The base URL under which platforms reach ingest. Undefined: `http` and the Host header of each request. */
  publicUrl: string | undefined;
  /** The keys that callers of the API authenticate with. */
  apiKeys: readonly string[];
  /** The producer of a queue. The app calls it once per route, when it is built. */
  producerOf(integration: string, role: QueueRole): Producer;
  /** Rejects while the queue accepts no job. */
  checkQueue(): Promise<void>;
  log: Logger;
  now: Now;
  newId: NewId;
};

/** The Hono environment of the app. `requestId` is the correlation id. */
export type IngestEnv = { Bindings: HttpBindings; Variables: RequestIdVariables };
