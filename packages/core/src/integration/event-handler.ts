import type { AccountStore } from "../domain/accounts.ts";
import type { InboundEvent } from "../domain/event.ts";
import type { MediaStore } from "../domain/media-store.ts";
import type { OutgoingFormat } from "../domain/outgoing-format.ts";
import type { Stores } from "../domain/stores.ts";
import type { Http } from "../http/http.ts";
import type { NewId, Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

/** The ports that a handler uses. */
export type AdapterContext = {
  http: Http;
  log: Logger;
  now: Now;
  newId: NewId;
  /** Finds an account's tenant before a call to the provider. The write checks it again in its transaction. */
  accounts: AccountStore;
  /** Files to send. */
  media: MediaStore;
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  /** Aborts when the job exceeds its deadline, the job loses its lock, or the worker stops. */
  signal: AbortSignal;
};

/**
 * An account's scope that must pause, as an event reports it. With `until` the pause is a rate limit; without it an
 * operator must act. `reason` is logged and shown, so it holds no secret and no personal data.
 */
export type ScopePause = { scope: string; reason: string; until?: Date };

/** The outcome of an event. `detail` holds no personal data. */
export type Outcome =
  /** The event's rows are written. */
  | { result: "written"; detail?: string; pause?: ScopePause }
  /** No row of its own holds the event, although it may have changed others. The inbox keeps its payload. */
  | { result: "unhandled"; detail?: string }
  /** The event has no effect by design, e.g. a dashboard's test button. */
  | { result: "ignored"; detail: string };

/** Writes one event inside the transaction that decides whether the event is new. It may run more than once. */
export type Write = (stores: Stores) => Promise<Outcome>;

/** Turns events into writes. */
export type EventHandler = {
  /** Whether `handle` calls the provider. Then the worker first checks whether the event is done already. */
  callsProvider: boolean;
  /** Scopes that pause the job, e.g. `meta:page:123`. Called before `handle`. */
  scopes(event: InboundEvent): readonly string[];
  /** Calls the provider where necessary and returns the write. Throws ProviderError only. */
  handle(event: InboundEvent, context: AdapterContext): Promise<Write>;
};
