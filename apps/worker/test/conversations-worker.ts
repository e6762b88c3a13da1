import type { ConversionUploads, Environment, Integration, Logger, Random } from "@millrace/core";
import type { Database } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import type { OpenMediaStore } from "@millrace/media";
import type { Consumer, ConsumerTimings, QueueBackend } from "@millrace/queue";
import type { BatchTimings } from "../src/loops/upload-batcher.ts";
import { startWorker, type EnabledIntegration } from "../src/worker.ts";
import { localParts } from "./local-parts.ts";

/**
 * Times that make a test short; `reconcileMs` is how long a platform may take to tell of an uncertain send, `uploads` how
 * conversions are uploaded otherwise than to the platform.
 */
export type QuickTimings = Partial<ConsumerTimings & BatchTimings> & {
  reconcileMs?: number | undefined;
  uploads?: Partial<ConversionUploads> | undefined;
};

const QUICK: Partial<ConsumerTimings> = {
  lockMs: 2_000,
  stalledCheckMs: 500,
  sweepMs: 200,
  outageMs: 200,
  probeMs: 300,
};

/** What a worker of these tests works with. */
type Parts = {
  database: Database;
  lockDatabase: Database;
  backend: QueueBackend;
  environment: Environment;
  log: Logger;
  media?: OpenMediaStore;
  random?: Random | undefined;
};

/** Starts a worker for every queue of every integration. */
export function startConversationsWorker(
  { environment, random = Math.random, ...parts }: Parts,
  { reconcileMs, uploads, ...timings }: QuickTimings = {},
): Consumer {
  return startWorker({
    ...localParts(parts.database),
    ...parts,
    formats: integrations.map(({ format }) => format).filter((format) => format !== undefined),
    integrations: integrations.map((integration) => workingsOf(integration, environment, { reconcileMs, uploads })),
    concurrency: 8,
    random,
    timings: { ...QUICK, ...timings },
  });
}

function workingsOf(
  integration: Integration,
  environment: Environment,
  { reconcileMs, uploads: otherwise }: Pick<QuickTimings, "reconcileMs" | "uploads">,
): EnabledIntegration {
  const uploads = integration.uploads?.(environment);
  const outbound = integration.outbound?.(environment);
  return {
    id: integration.id,
    handler: integration.handler(environment),
    requests: integration.requests?.(environment),
    outbound:
      outbound && reconcileMs !== undefined
        ? { ...outbound, reconcileMs: Math.min(reconcileMs, outbound.reconcileMs) }
        : outbound,
    media: integration.media?.(environment),
    assistant: integration.assistant?.(environment),
    uploads: uploads && { ...uploads, ...otherwise },
  };
}
