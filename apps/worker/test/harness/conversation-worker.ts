import {
  type ConversionUploads,
  type Environment,
  type Integration,
  type Logger,
  type Outbound,
  type Random,
} from "@millrace/core";
import type { Database } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import type { OpenMediaStore } from "@millrace/media";
import type { Consumer, QueueBackend } from "@millrace/queue";
import { readEnabledIntegration } from "../../src/env.ts";
import { startWorker } from "../../src/worker.ts";
import type { EnabledIntegration, WorkerTimings } from "../../src/worker-deps.ts";
import { localPorts, localStores, outgoingFormats } from "./local-deps.ts";

/** Times of a worker in a test. */
export type WorkerTestTimings = WorkerTimings & {
  /** Most time that a platform has to report an uncertain send, in ms. */
  reconcileMs?: number | undefined;
  /** What differs from the integration's own uploads of conversions. */
  uploads?: Partial<ConversionUploads> | undefined;
};

const TEST_TIMINGS: WorkerTimings = {
  lockMs: 2_000,
  stalledCheckMs: 500,
  leaseMs: 1_500,
  sweepMs: 200,
  outageMs: 200,
  probes: { firstMs: 100, longestMs: 300 },
  resumeStepMs: 50,
};

type ConversationWorkerDeps = {
  database: Database;
  lockDatabase: Database;
  backend: QueueBackend;
  environment: Environment;
  log: Logger;
  media?: OpenMediaStore;
  random?: Random | undefined;
};

/** Starts a worker for every queue of every integration. By default, its retries follow at once. */
export function startConversationWorker(
  { environment, log, database, lockDatabase, backend, media, random = () => 0 }: ConversationWorkerDeps,
  { reconcileMs, uploads, ...timings }: WorkerTestTimings = {},
): Consumer {
  return startWorker({
    stores: { ...localStores(database, backend), lockDatabase, ...(media ? { media } : {}) },
    ports: localPorts(log, random),
    formats: outgoingFormats,
    integrations: integrations.map((integration) => enable(integration, environment, { reconcileMs, uploads })),
    consumption: { concurrency: 8, expiresAfterMs: {} },
    timings: { ...TEST_TIMINGS, ...timings },
  });
}

function enable(
  integration: Integration,
  environment: Environment,
  { reconcileMs, uploads: changedUploads }: Pick<WorkerTestTimings, "reconcileMs" | "uploads">,
): EnabledIntegration {
  const enabled = readEnabledIntegration(integration, environment);
  const { send, conversions, ...others } = enabled.capabilities ?? {};
  return {
    ...enabled,
    capabilities: {
      ...others,
      send: send && { ...send, outbound: atMost(reconcileMs, send.outbound) },
      conversions: conversions && { ...conversions, ...changedUploads },
    },
  };
}

function atMost(reconcileMs = Number.POSITIVE_INFINITY, outbound: Outbound): Outbound {
  return { ...outbound, reconcileMs: Math.min(reconcileMs, outbound.reconcileMs) };
}
