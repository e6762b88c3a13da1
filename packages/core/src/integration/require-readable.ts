import { type InboundEvent, UNREADABLE, unreadableSchema } from "../domain/event.ts";
import { parsePayload } from "../errors/parse-payload.ts";
import { permanent } from "../errors/provider-error.ts";

/**
 * Checks an event before its handler gets it, so that no integration handles unreadable content.
 * @throws ProviderError permanent with the reason of an {@link UNREADABLE} event
 */
export function requireReadable({ kind, payload }: InboundEvent): void {
  if (kind === UNREADABLE) throw permanent(parsePayload(unreadableSchema, payload).reason, UNREADABLE);
}
