import {
  EVENT_VERSION,
  type EventHandler,
  type FetchPorts,
  type Handled,
  type InboundEvent,
  type ParsedEvent,
  requireReadable,
} from "@millrace/core";
import { expect } from "vitest";
import { fetchPorts, NOW } from "./fetch-ports.ts";

/** The job of a parsed event. The queue stores events as JSON. */
export function inboundEvent(integration: string, parsed: ParsedEvent): InboundEvent {
  const payload: unknown = JSON.parse(JSON.stringify(parsed.payload ?? null));
  return { v: EVENT_VERSION, integration, correlationId: "c-1", receivedAt: NOW.toISOString(), ...parsed, payload };
}

/** Fetches what the event needs as the worker does, and handles the event with {@link handlePurely}. */
export async function fetchAndHandle(
  handler: EventHandler,
  event: InboundEvent,
  ports: FetchPorts = fetchPorts(),
): Promise<Handled> {
  requireReadable(event);
  return handlePurely(handler, event, await handler.fetch?.(event)?.(ports));
}

/**
 * Handles an event as the worker does, and checks that the handler is pure: it changes neither the event nor what was fetched, a second call
 * returns the same facts, and the facts are plain data.
 */
export function handlePurely<Fetched>(handler: EventHandler<Fetched>, event: InboundEvent, fetched?: Fetched): Handled {
  requireReadable(event);
  deepFreeze(event);
  deepFreeze(fetched);
  const handled = handler.handle(event, fetched);
  expect(handler.handle(event, fetched)).toEqual(handled);
  expect(structuredClone(handled)).toEqual(handled);
  return handled;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}
