import type { InboundEvent } from "@millrace/core";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";

/** WhatsApp's time of an event, or else the time at which ingest received it: an invalid time must not lose the event. */
export function timeOf(timestamp: unknown, { receivedAt }: InboundEvent): Date {
  return dateOfUnixSeconds(timestamp) ?? new Date(receivedAt);
}
