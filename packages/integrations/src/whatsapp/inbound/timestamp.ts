import type { InboundEvent } from "@millrace/core";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";

/** When something happened, by WhatsApp's word or, where that is none, by when we were told: no reason to lose it. */
export function timeOf(timestamp: unknown, { receivedAt }: InboundEvent): Date {
  return dateOfUnixSeconds(timestamp) ?? new Date(receivedAt);
}
