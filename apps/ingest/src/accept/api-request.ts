import type { Accepted, ApiRoute, InboundEvent, NewId, RawRequest } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { HttpError } from "../http/http-error.ts";
import type { AuthenticatedCaller } from "./authentication.ts";
import { inboundEvents, type RequestOrigin } from "./inbound-events.ts";
import { parseJson, validate } from "./json-body.ts";

/** A route of the API with the queue that its events go into. */
export type MountedRoute = { route: ApiRoute; producer: Pick<Producer, "enqueue"> };

/**
 * Accepts an authenticated request to the API: validates the path, the content type, the JSON, the schema and the
 * Idempotency-Key, in this order. Then it enqueues the route's events at once and returns them with the response's body.
 * @throws HttpError with 400 or 415 when the request is invalid
 * @throws InvalidFieldError when the route itself refuses a field
 * @throws QueueUnavailableError when the queue did not accept the events in time
 */
export async function acceptApiRequest(
  { route, producer }: MountedRoute,
  request: RawRequest,
  context: RequestOrigin & { caller: AuthenticatedCaller; newId: NewId },
): Promise<{ events: InboundEvent[]; body: Accepted["body"] }> {
  const { newId, receivedAt: now } = context;
  const { caller, signed } = context.caller;
  const params = route.params && validate(route.params, request.params, "Invalid path");
  const requestBody = parseJson(request, route.body);
  const idempotencyKey = idempotencyKeyOf(request, context.caller);
  const accepted = route.accept(requestBody, { params, caller, idempotencyKey, signed, newId, now });
  const events = inboundEvents(accepted.events, context);
  await producer.enqueue(events, request.body.byteLength);
  return { events, body: accepted.body };
}

/** The caller's key for the request. A header that a signature does not cover gives a signed request no key. */
function idempotencyKeyOf({ headers }: RawRequest, { signed, signedKey }: AuthenticatedCaller): string | undefined {
  if (signed !== undefined) return signedKey ?? signed;
  const key = headers["idempotency-key"];
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpError(400, "Invalid Idempotency-Key", { detail: "it must be 1 to 255 visible ASCII characters" });
}
