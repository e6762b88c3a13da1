import type { ApiRoute } from "./api-route.ts";
import type { Assistant } from "./assistant.ts";
import type { ConversionUploads } from "../domain/conversions.ts";
import type { Environment } from "../runtime/environment.ts";
import { type InboundEvent, QUEUE_ROLES, type QueueRole, type ParsedEvent } from "../domain/event.ts";
import type { Http } from "../http/http.ts";
import type { Logger } from "../runtime/logger.ts";
import type { MediaSource, MediaStore } from "../domain/media.ts";
import type { NewId, Now } from "../runtime/clock.ts";
import type { Outbound, OutgoingFormat } from "../domain/outbound.ts";
import type { AccountStore, Stores } from "../domain/stores.ts";

/**
 * Everything Millrace knows about one platform. Each lives in a folder of packages/integrations and stands in the
 * registry; the pipe (ingest, queue, worker) treats all alike and names none.
 */
export type Integration = {
  /** Id of the integration: its folder, its route segment, its database value, its log field. */
  id: string;
  /** Its name for people. */
  title: string;
  /** The side that faces the platform. `undefined` when it is switched off. Throws EnvironmentError. */
  webhook(environment: Environment): Webhook | undefined;
  /** The side that does the work. Throws EnvironmentError. */
  handler(environment: Environment): EventHandler;
  /**
   * Routes of our own that callers post JSON to; none when it is switched off. `formats` is what each channel can send.
   * Throws EnvironmentError.
   */
  api?(environment: Environment, formats: readonly OutgoingFormat[]): readonly ApiRoute[];
  /** A channel's outgoing messages, as far as that takes no credentials. */
  format?: OutgoingFormat;
  /** What becomes of the requests to send on this channel. Throws EnvironmentError. */
  requests?(environment: Environment): EventHandler;
  /** Sends the messages of this channel. Throws EnvironmentError. */
  outbound?(environment: Environment): Outbound;
  /** Fetches the files that people sent on this channel. Throws EnvironmentError. */
  media?(environment: Environment): MediaSource;
  /** Uploads conversions to the platform; undefined when that is switched off. Throws EnvironmentError. */
  uploads?(environment: Environment): ConversionUploads | undefined;
  /** The AI that is asked first; undefined when it is switched off or has no address. Throws EnvironmentError. */
  assistant?(environment: Environment): Assistant | undefined;
  /**
   * Requests like the platform's own and like our callers', for `millrace send`, the smoke run and the conformance
   * suite. `fields` are what the one who sends them wants in them, e.g. `text`; those that a sample lacks are ignored.
   */
  samples(environment: Environment, now: Date, fields?: Readonly<Record<string, string>>): Record<string, Sample>;
  /** The account of ours that an inbound event is about, e.g. a page; undefined where it tells of none. */
  accountOf?(event: Pick<InboundEvent, "kind" | "payload">): string | undefined;
  /** Other names that `millrace send` knows it by. */
  aliases?: readonly string[];
  /** What it takes to run on a machine without any account at the platform. */
  local: LocalSetup;
};

/** A request as an integration sees it: no web framework, and the body as it came over the wire. */
export type RawRequest = {
  method: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** Parameters of the route's path. */
  params: Readonly<Record<string, string>>;
  body: Uint8Array;
};

/** The face of an integration that is switched on, its secrets already inside. */
export type Webhook = {
  /** Paths it answers at, the canonical one first. `:secret` stands for a path parameter. */
  paths: readonly [string, ...string[]];
  /** Largest body in bytes; what is larger gets 413 while it is being read. */
  maxBodyBytes: number;
  /** Answers a GET handshake: the text to echo with 200, or undefined to refuse with 403. Absent: GET gets 405. */
  challenge?(request: RawRequest): string | undefined;
  /** Whether the request comes from the platform, by its raw bytes and before any parsing. */
  authenticate(request: RawRequest): boolean;
  /** The request's events, each under its natural key. Never throws: what cannot be read becomes an unreadable event. */
  parse(request: RawRequest): ParsedEvent[];
};

/** What an adapter is given: ports, never the things behind them. */
export type AdapterContext = {
  http: Http;
  log: Logger;
  now: Now;
  newId: NewId;
  /** Who owns an account, to find out before a call to the provider that nobody does; the write asks again. */
  accounts: AccountStore;
  /** Files that were given to us for sending. */
  media: MediaStore;
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  /** Fires when the job's deadline has passed, its lock is lost or the worker must stop. */
  signal: AbortSignal;
};

/**
 * What an event tells of an account besides: its scope must wait until then; without a time, until a person has acted.
 * `reason` is as safe to show as an error's message.
 */
export type ScopePause = { scope: string; reason: string; until?: Date };

/** What became of an event. `detail` holds no personal data. */
export type Outcome =
  /** Its rows are written. */
  | { result: "written"; detail?: string; pause?: ScopePause }
  /** No row of its own holds it, whether or not others changed by it: its payload stays in the inbox. */
  | { result: "unhandled"; detail?: string }
  /** Rightly without effect, e.g. a dashboard's test button. */
  | { result: "ignored"; detail: string };

/** The writes of one event. Runs inside the transaction that decides whether the event is new; may run again. */
export type Write = (stores: Stores) => Promise<Outcome>;

/** The side of an integration that does the work. */
export type EventHandler = {
  /** Whether `handle` calls the provider, so that an event already done is found out before the call. */
  callsProvider: boolean;
  /** What the job must wait for when it is held: keys like `meta:page:123`. Called before `handle`. */
  scopes(event: InboundEvent): readonly string[];
  /** Calls the provider where need be and returns the writes. Throws ProviderError only. */
  handle(event: InboundEvent, context: AdapterContext): Promise<Write>;
};

/** How an integration runs against the sandbox. */
export type LocalSetup = {
  /** Variables that hold a secret of ours: made up at the first start, then kept. */
  secrets: readonly string[];
  /** Variables for calling the sandbox instead of the platform; none where a real token is set. */
  endpoints(environment: Environment, sandboxUrl: string): Record<string, string>;
  /** Accounts that belong to the sandbox tenant, `*` for all that have no row of their own. */
  accounts: readonly string[];
  /** Accounts that are known and nobody's, to see what happens to their events. */
  unownedAccounts?: readonly string[];
};

/** A request like the platform's own, signed with the secrets of the environment. */
export type Sample = { path: string; headers: Record<string, string>; body: string };

/** What an integration has besides its inbound side, by the queues that it takes. */
export type Capabilities = {
  readonly [Ability in "requests" | "outbound" | "media" | "assistant" | "uploads"]?: unknown;
};

/** The queues that an integration has. */
export function rolesOf(abilities: Capabilities): QueueRole[] {
  return QUEUE_ROLES.filter(
    (role) => role === "inbound" || abilities[role === "ai-turns" ? "assistant" : role] !== undefined,
  );
}
