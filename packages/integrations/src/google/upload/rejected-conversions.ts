import { type BatchResponse, type HttpResponse, ProviderError } from "@millrace/core";
import { accountScope, type GoogleError, googleErrorOf } from "./api-error.ts";

/** An event by its index in the request. Google's documentation has both `events.events[3]…` and `events[3]…`. */
const EVENT = /^(?:events\.)?events\[(\d{1,5})\](?:\.|$)/;

/** A field name that may appear in a reason: it is Google's and contains no data of the caller. */
const FIELD = /^[\w.[\]]{1,200}$/;

/**
 * Reads the rejection of a whole request; undefined for any other response. `ids` are the conversions' ids in the order
 * of the request.
 * @throws ProviderError paused if the account or the conversion action is wrong, because no conversion is at fault then
 */
export function rejectionOf(
  response: HttpResponse,
  ids: readonly string[],
  accountId: string,
): Extract<BatchResponse, { accepted: false }> | undefined {
  const error = googleErrorOf(response);
  if (response.status !== 400 || error?.status !== "INVALID_ARGUMENT") return undefined;
  const reasons = new Map<string, Set<string>>();
  for (const violation of error.violations) {
    const id = ids[Number(EVENT.exec(violation.field)?.[1])];
    if (id !== undefined) reasons.set(id, (reasons.get(id) ?? new Set()).add(reasonOf(violation)));
  }
  const ofRequest = error.violations.filter(({ field }) => field !== "" && !field.startsWith("events"));
  if (reasons.size === 0 && ofRequest.length > 0) throw wrongSettings(ofRequest, accountId);
  return {
    accepted: false,
    reason: [...new Set(error.violations.map(reasonOf))].join(", ") || "INVALID_ARGUMENT",
    rejected: [...reasons].map(([id, of]) => ({ id, reason: [...of].join(", ") })),
  };
}

/** The reason and the field, without the index of the event, because the request is not sent again in this order. */
function reasonOf({ field, reason }: GoogleError["violations"][number]): string {
  const within = field.replace(EVENT, "");
  return FIELD.test(within) ? `${reason} (${within})` : reason;
}

function wrongSettings(violations: GoogleError["violations"], accountId: string): ProviderError {
  const reasons = [...new Set(violations.map(reasonOf))].join(", ");
  return new ProviderError(
    `Google rejects the account or the conversion action: ${reasons}`,
    { kind: "paused", scope: accountScope(accountId) },
    { code: "INVALID_ARGUMENT" },
  );
}
