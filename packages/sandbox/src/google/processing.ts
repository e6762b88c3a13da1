import type { Now } from "@millrace/core";
import { type Fields, fieldsOf } from "../json-fields.ts";
import { conversionsOf } from "./conversions.ts";
import { type Before, INTERNAL_ERROR, keyOf, outcomeOf, reasonAgainst, type TakenConversion } from "./outcome.ts";
import { listOf } from "./validation/violation.ts";

/** What was taken, and what becomes of it. */
export type Processing = {
  /** Takes a request that is right; its processing can wait for `finish`. */
  take(requestId: string, request: Fields, waits: boolean): void;
  /** What `requestStatus:retrieve` says of a request; undefined of one that was not taken. */
  status(requestId: string): object | undefined;
  /** Ends the processing of all that was taken, and says of how many requests. */
  finish(): number;
  /** The conversions in the order in which they were taken. */
  list(): readonly TakenConversion[];
  /** Forgets the conversions, and which transactions there were. */
  clear(): void;
};

/** A request in processing: its destinations as it told them, and what it brought each. */
type TakenRequest = { doneAt: number; destinations: { told: Fields; conversions: TakenConversion[] }[] };

/** How many conversions are remembered at least: enough for a load test, while a sandbox that runs for days must not grow. */
const MEMORY = 200_000;

/** {@link Processing} that takes so many ms for a request. */
export function createProcessing(now: Now, processingMs: number): Processing {
  const requests = new Map<string, TakenRequest>();
  const before: Before = { counted: new Set(), failed: new Map() };
  let taken: TakenConversion[] = [];
  return {
    take(requestId, request, waits) {
      const at = now();
      const told = listOf(request["destinations"]);
      const destinations = conversionsOf(request).map((conversions, index) => ({
        told: fieldsOf(told[index]),
        conversions: conversions.map((conversion) => ({
          requestId,
          at: at.toISOString(),
          ...conversion,
          reason: reasonAgainst(conversion, before),
        })),
      }));
      const all = destinations.flatMap(({ conversions }) => conversions);
      // Only now: within a request nothing is a duplicate.
      for (const conversion of all) {
        const key = keyOf(conversion);
        if (key === undefined) continue;
        if (conversion.reason === undefined) before.counted.add(key);
        if (conversion.reason === INTERNAL_ERROR) before.failed.set(key, (before.failed.get(key) ?? 0) + 1);
      }
      taken.push(...all);
      requests.set(requestId, { doneAt: waits ? Number.POSITIVE_INFINITY : at.getTime() + processingMs, destinations });
      if (taken.length >= 2 * MEMORY) taken = taken.slice(-MEMORY);
      forgetOldest(requests);
      forgetOldest(before.counted);
      forgetOldest(before.failed);
    },
    status(requestId) {
      const request = requests.get(requestId);
      if (!request) return undefined;
      const done = request.doneAt <= now().getTime();
      return {
        requestStatusPerDestination: request.destinations.map(({ told, conversions }) => ({
          destination: told,
          ...(done ? outcomeOf(conversions) : { requestStatus: "PROCESSING" }),
          // JSON has no 64-bit integers: protobuf writes them as texts.
          eventsIngestionStatus: { recordCount: String(conversions.length) },
        })),
      };
    },
    finish() {
      const at = now().getTime();
      const waiting = [...requests.values()].filter(({ doneAt }) => doneAt > at);
      for (const request of waiting) request.doneAt = at;
      return waiting.length;
    },
    list: () => taken,
    clear() {
      taken = [];
      before.counted.clear();
      before.failed.clear();
    },
  };
}

function forgetOldest(memory: Map<string, unknown> | Set<string>): void {
  for (const oldest of memory.keys()) {
    if (memory.size <= MEMORY) return;
    memory.delete(oldest);
  }
}
