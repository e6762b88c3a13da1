import { type BatchResponse, type HttpResponse, ProviderError } from "@millrace/core";
import { accountScope, type GoogleError, googleErrorOf } from "./api-error.ts";

/** An event by its place in the request; Google's pages write both `events.events[3]…` and `events[3]…`. */
const EVENT = /^(?:events\.)?events\[(\d{1,5})\](?:\.|$)/;

/** What of a field's name is told: it is Google's, not the caller's. */
const FIELD = /^[\w.[\]]{1,200}$/;

/**
 * What Google has against a request of which it takes nothing; undefined for any other answer. `ids` are the
 * conversions' in the order of the request.
 * @throws ProviderError paused, when it is the account or the action: none of the conversions is to blame
 */
export function refusalOf(
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

/** Why a field is refused and which, without the event's place in a request that will not be sent again as it was. */
function reasonOf({ field, reason }: GoogleError["violations"][number]): string {
  const within = field.replace(EVENT, "");
  return FIELD.test(within) ? `${reason} (${within})` : reason;
}

function wrongSettings(violations: GoogleError["violations"], accountId: string): ProviderError {
  const reasons = [...new Set(violations.map(reasonOf))].join(", ");
  return new ProviderError(
    `Google refuses the account or the conversion action: ${reasons}`,
    { kind: "paused", scope: accountScope(accountId) },
    { code: "INVALID_ARGUMENT" },
  );
}
