import type { InboundEvent, RawRequest, Webhook } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { HttpError } from "../http/http-error.ts";
import { inboundEvents, type RequestOrigin } from "./inbound-events.ts";

/**
 * Accepts a platform's webhook: authenticates the raw bytes, parses them into events and enqueues all events at once.
 * Returns the events after they are durable.
 * @throws HttpError with 401 when the request is not authentic
 * @throws QueueUnavailableError when the queue did not accept the events in time
 */
export async function acceptWebhook(
  { webhook, producer }: { webhook: Webhook; producer: Pick<Producer, "enqueue"> },
  request: RawRequest,
  origin: RequestOrigin,
): Promise<InboundEvent[]> {
  const isAuthentic = await webhook.authenticate(request, { now: origin.receivedAt, secrets: webhook.secrets });
  if (!isAuthentic) throw new HttpError(401, "Signature refused");
  const events = inboundEvents(webhook.parse(request), origin);
  await producer.enqueue(events, request.body.byteLength);
  return events;
}
