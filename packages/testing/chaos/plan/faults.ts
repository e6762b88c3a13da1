import type { Random } from "./random.ts";

/** The backend of the queue in a run. */
export type Backend = "redis" | "postgres";

/** What a fault disturbs. Two faults of one resource never overlap; faults of different resources can. */
export const RESOURCES = ["ingest", "worker 1", "worker 2", "worker 3", "postgres", "redis", "sandbox"] as const;
/** See {@link RESOURCES}. */
export type Resource = (typeof RESOURCES)[number];

/** A fault of a run, with every decision about it. Times are in ms from the start of the workload. */
export type PlannedFault = {
  name: string;
  resource: Resource;
  at: number;
  durationMs: number;
  /** A random number in [0, 1), for what the fault decides itself. */
  detail: number;
};

type FaultKind = { name: string; resource: Resource; weight: number; minMs: number; maxMs: number };

const APPS = ["ingest", "worker 1", "worker 2", "worker 3"] as const;

/** Faults of a process. A killed or terminated process starts again by itself. */
const PROCESS_FAULTS = APPS.flatMap((resource): FaultKind[] => [
  { name: "kill", resource, weight: 2, minMs: 0, maxMs: 0 },
  { name: "terminate", resource, weight: 2, minMs: 0, maxMs: 0 },
  { name: "freeze", resource, weight: 2, minMs: 500, maxMs: 15_000 },
]);

const CONNECTION_FAULTS = [
  { name: "cut connections", weight: 2, minMs: 0, maxMs: 0 },
  { name: "half-open connections", weight: 2, minMs: 0, maxMs: 0 },
  { name: "refuse connections", weight: 2, minMs: 500, maxMs: 15_000 },
  { name: "hang connections", weight: 2, minMs: 500, maxMs: 12_000 },
  { name: "slow connections", weight: 2, minMs: 1_000, maxMs: 12_000 },
];

const STORE_FAULTS = [
  { name: "kill", weight: 2, minMs: 0, maxMs: 5_000 },
  { name: "terminate", weight: 2, minMs: 0, maxMs: 5_000 },
  { name: "freeze", weight: 2, minMs: 500, maxMs: 10_000 },
  ...CONNECTION_FAULTS,
];

const POSTGRES_FAULTS: readonly FaultKind[] = [
  ...STORE_FAULTS,
  { name: "terminate backends", weight: 3, minMs: 0, maxMs: 0 },
  { name: "exhaust connections", weight: 2, minMs: 1_000, maxMs: 10_000 },
  { name: "idle in transaction", weight: 2, minMs: 1_000, maxMs: 10_000 },
  { name: "read-only", weight: 2, minMs: 1_000, maxMs: 8_000 },
  { name: "disk full", weight: 1, minMs: 1_000, maxMs: 5_000 },
].map((fault) => ({ ...fault, resource: "postgres" }));

/** Faults after which Redis may lack data that it had confirmed. */
const LOSING_FAULTS = ["flush", "torn AOF", "promote replica", "Sentinel failover"];

const REDIS_FAULTS: readonly FaultKind[] = [
  ...STORE_FAULTS,
  { name: "flush", weight: 1, minMs: 0, maxMs: 0 },
  { name: "torn AOF", weight: 1, minMs: 0, maxMs: 1_000 },
  { name: "promote replica", weight: 1, minMs: 500, maxMs: 4_000 },
  { name: "Sentinel failover", weight: 1, minMs: 8_000, maxMs: 8_000 },
  { name: "disk full", weight: 1, minMs: 1_000, maxMs: 5_000 },
].map((fault) => ({ ...fault, resource: "redis" }));

/** The longest outage of a provider in a run of 40 minutes or more, in ms. In a shorter run it takes a quarter of the run. */
const LONGEST_OUTAGE_MS = 10 * 60_000;

function providerFaults(runMs: number): readonly FaultKind[] {
  const outageMs = Math.min(LONGEST_OUTAGE_MS, runMs / 4);
  const maxMs = Math.min(20_000, runMs / 6);
  return [
    ...CONNECTION_FAULTS,
    { name: "outage", weight: 1, minMs: outageMs / 2, maxMs: outageMs },
    { name: "server errors", weight: 2, minMs: 1_000, maxMs },
    { name: "rate limits", weight: 2, minMs: 1_000, maxMs },
    { name: "wrong bodies", weight: 2, minMs: 1_000, maxMs },
    { name: "lost answers", weight: 2, minMs: 500, maxMs: maxMs / 2 },
    { name: "revoked tokens", weight: 1, minMs: 1_000, maxMs },
  ].map((fault) => ({ ...fault, resource: "sandbox" }));
}

/** The mean time between the starts of two faults, in ms. */
const MEAN_INTERVAL_MS = 2_500;

/** Whether Redis may have lost confirmed data because of the fault. */
export function losesQueueData({ resource, name }: Pick<PlannedFault, "resource" | "name">): boolean {
  return resource === "redis" && LOSING_FAULTS.includes(name);
}

/** Plans the faults of a run: they start from `fromMs` on and end before `runMs`. */
export function planFaults(random: Random, backend: Backend, fromMs: number, runMs: number): PlannedFault[] {
  const kinds = [
    ...PROCESS_FAULTS,
    ...POSTGRES_FAULTS,
    ...(backend === "redis" ? REDIS_FAULTS : []),
    ...providerFaults(runMs),
  ];
  const freeFrom = new Map<Resource, number>();
  const planned: PlannedFault[] = [];
  for (let at = fromMs; at < runMs; at += random.whole(1, 2 * MEAN_INTERVAL_MS)) {
    const { name, resource, minMs, maxMs } = pickKind(random, kinds);
    const durationMs = random.whole(Math.round(minMs), Math.round(maxMs));
    const detail = random.number();
    if (at < (freeFrom.get(resource) ?? 0) || at + durationMs > runMs) continue;
    freeFrom.set(resource, at + durationMs + RECOVERY_MS);
    planned.push({ name, resource, at, durationMs, detail });
  }
  return planned;
}

/** The time between two faults of one resource, in ms. */
const RECOVERY_MS = 2_000;

/** Picks a resource first, so that one with many kinds of faults does not get most of them. */
function pickKind(random: Random, kinds: readonly FaultKind[]): FaultKind {
  const resources = RESOURCES.filter((resource) => kinds.some((kind) => kind.resource === resource));
  const resource = random.pick(resources);
  return random.weighted(kinds.filter((kind) => kind.resource === resource));
}
