import type { InboundEvent } from "@millrace/core";

/** The time of a field in the format of RFC 2822; without a valid one, the time at which ingest received the event. */
export function timeOf(field: string | undefined, { receivedAt }: Pick<InboundEvent, "receivedAt">): Date {
  const at = new Date(field ?? "");
  const isValid = at.getTime() > 0 && at.getUTCFullYear() < 10_000;
  return isValid ? at : new Date(receivedAt);
}
