import type { AccountStore } from "../domain/accounts.ts";
import type { InboundEvent } from "../domain/event.ts";
import type { Handled } from "../domain/facts.ts";
import type { MediaStore } from "../domain/media-store.ts";
import type { Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

/** The ports of a fetch. */
export type FetchPorts = {
  http: Http;
  log: Logger;
  now: Now;
  /** Finds an account's tenant before a call to the provider. Applying the facts checks it again. */
  accounts: AccountStore;
  /** Files to send. */
  media: MediaStore;
  /** Aborts when the job exceeds its deadline, the job loses its lock, or the worker stops. */
  signal: AbortSignal;
};

/**
 * Turns events into facts. `handle` is pure: the same event always produces the same facts, and it calls nothing and reads
 * no table. Where a provider must be asked first, `fetch` does it. `fetch`
 * and `handle` get no unreadable event: the worker dead-letters it.
 */
export type EventHandler<Fetched = unknown> = {
  /** Scopes that pause the job, e.g. `meta:page:123`. Called before `fetch`. */
  scopes?(event: InboundEvent): readonly string[];
  /**
   * Returns the call that must precede `handle`, or undefined when the event needs none. The worker makes the call only
   * when the event is not done already. The call throws ProviderError only.
   */
  fetch?(event: InboundEvent): ((ports: FetchPorts) => Promise<Fetched>) | undefined;
  /**
   * Turns the event, and what was fetched for it, into facts.
   * @throws ProviderError permanent when the event cannot be handled
   */
  handle(event: InboundEvent, fetched: Fetched | undefined): Handled;
};
