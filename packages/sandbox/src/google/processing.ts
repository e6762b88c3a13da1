import type { Now } from "@millrace/core";
import { type Fields, fieldsOf } from "../json-fields.ts";
import { conversionsOf } from "./conversions.ts";
import {
  type History,
  INTERNAL_ERROR,
  keyOf,
  destinationStatusOf,
  rejectionReasonOf,
  type AcceptedConversion,
} from "./outcome.ts";
import { listOf } from "./validation/violation.ts";

/** The accepted requests and the status of their processing. */
export type Processing = {
  /** Accepts a valid request. With `untilFinish` its processing lasts until `finish`. */
  accept(requestId: string, request: Fields, untilFinish: boolean): void;
  /** Returns the response of `requestStatus:retrieve`, or undefined for an unknown request. */
  status(requestId: string): object | undefined;
  /** Completes the processing of all requests and returns their number. */
  finish(): number;
  /** Returns the accepted conversions, oldest first. */
  list(): readonly AcceptedConversion[];
  /** Deletes the conversions and the history of transactions. */
  clear(): void;
};

/** An accepted request: its destinations as it named them, with the conversions of each. */
type AcceptedRequest = { doneAt: number; destinations: { destination: Fields; conversions: AcceptedConversion[] }[] };

/** At least this many conversions are kept: enough for a load test, with bounded memory. */
const MIN_KEPT = 200_000;

/** Creates {@link Processing} that needs `processingMs` per request. */
export function createProcessing(now: Now, processingMs: number): Processing {
  const requests = new Map<string, AcceptedRequest>();
  const history: History = { counted: new Set(), failures: new Map() };
  let accepted: AcceptedConversion[] = [];
  return {
    accept(requestId, request, untilFinish) {
      const at = now();
      const requested = listOf(request["destinations"]);
      const destinations = conversionsOf(request).map((conversions, index) => ({
        destination: fieldsOf(requested[index]),
        conversions: conversions.map((conversion) => ({
          requestId,
          at: at.toISOString(),
          ...conversion,
          reason: rejectionReasonOf(conversion, history),
        })),
      }));
      const all = destinations.flatMap(({ conversions }) => conversions);
      // The history changes after the whole request, because Google finds no duplicates within one request.
      for (const conversion of all) {
        const key = keyOf(conversion);
        if (key === undefined) continue;
        if (conversion.reason === undefined) history.counted.add(key);
        if (conversion.reason === INTERNAL_ERROR) history.failures.set(key, (history.failures.get(key) ?? 0) + 1);
      }
      accepted.push(...all);
      requests.set(requestId, {
        doneAt: untilFinish ? Number.POSITIVE_INFINITY : at.getTime() + processingMs,
        destinations,
      });
      if (accepted.length >= 2 * MIN_KEPT) accepted = accepted.slice(-MIN_KEPT);
      deleteOldest(requests);
      deleteOldest(history.counted);
      deleteOldest(history.failures);
    },
    status(requestId) {
      const request = requests.get(requestId);
      if (!request) return undefined;
      const done = request.doneAt <= now().getTime();
      return {
        requestStatusPerDestination: request.destinations.map(({ destination, conversions }) => ({
          destination,
          ...(done ? destinationStatusOf(conversions) : { requestStatus: "PROCESSING" }),
          // protobuf writes 64-bit integers as strings in JSON.
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
    list: () => accepted,
    clear() {
      accepted = [];
      history.counted.clear();
      history.failures.clear();
    },
  };
}

function deleteOldest(entries: Map<string, unknown> | Set<string>): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= MIN_KEPT) return;
    entries.delete(oldest);
  }
}
