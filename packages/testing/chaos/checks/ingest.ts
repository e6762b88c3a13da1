import { percentile } from "../../bench/load.ts";
import { secrets } from "../../e2e/simulated-platform.ts";
import type { CheckResult } from "./check-result.ts";
import type { Snapshot } from "./snapshot.ts";

const MEDIAN_MS = 250;
const SLOW_MS = 1_000;
const SLOW_SHARE = 0.01;

/** Time until ingest answers again after it was ended, in ms. */
const RESTART_MS = 10_000;

/** Ingest answers fast, with 2xx or 503. Requests while a fault stops ingest itself do not count. */
export function ingestLatency({ observations }: Snapshot): CheckResult {
  const stops = observations.faults.filter(({ resource }) => resource === "ingest");
  const counted = observations.requests.filter(
    ({ at, ms, status }) =>
      !stops.some(({ from, to }) => at + ms > from && at < to + RESTART_MS) && (status !== undefined || ms > SLOW_MS),
  );
  const times = counted.map(({ ms }) => ms);
  const slow = counted.filter(({ ms }) => ms > SLOW_MS);
  const median = percentile(times, 0.5);
  const of503 = counted.filter(({ status }) => status === 503).length;
  return {
    check: "ingest answers fast, or 503",
    counts: {
      requests: counted.length,
      "median ms": Math.round(median),
      "p99 ms": Math.round(percentile(times, 0.99)),
      "over 1 s": slow.length,
      "503": of503,
    },
    violations: [
      ...(median > MEDIAN_MS ? [`the median is ${Math.round(median)} ms`] : []),
      ...(slow.length >= SLOW_SHARE * counted.length && slow.length > 0
        ? [
            `${slow.length} of ${counted.length} requests took over ${SLOW_MS} ms: ${slow
              .slice(0, 10)
              .map(
                ({ at, ms, status }) => `${new Date(at).toISOString()} ${Math.round(ms)} ms ${status ?? "no answer"}`,
              )
              .join(", ")}`,
          ]
        : []),
    ],
  };
}

/** 10: no secret is in the output of a process. */
export function secretsInOutput({ output }: Snapshot): CheckResult {
  const confidential = Object.entries(secrets).filter(([, value]) => value !== "sandbox");
  return {
    check: "10: no secret in the output",
    counts: {},
    violations: confidential.filter(([, value]) => output.includes(value)).map(([name]) => name),
  };
}
