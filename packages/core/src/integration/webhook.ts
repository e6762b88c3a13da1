import type { ParsedEvent } from "../domain/event.ts";
import type { RawRequest } from "../http/raw-request.ts";

/**
 * A webhook of an enabled integration: plain data and pure functions. Ingest authenticates each request, parses it into
 * events, enqueues them, and responds with 200.
 */
export type Webhook = {
  /** Paths of the route, the canonical one first. `:secret` is a path parameter. */
  paths: readonly [string, ...string[]];
  /** Largest body in bytes; ingest stops reading a larger one and responds with 413. */
  maxBodyBytes: number;
  /** The secrets that are valid now. Ingest passes them to `authenticate`. */
  secrets: readonly string[];
  /** Responds to the platform's verification challenges. Without it ingest responds to GET with 405. */
  challenge?: VerificationChallenge;
  /**
   * Whether the platform sent the request, by its raw bytes and before any parsing. It uses the clock and the secrets of
   * its context only, and fails closed without a secret.
   */
  authenticate(request: RawRequest, context: AuthenticationContext): boolean | Promise<boolean>;
  /** Parses a request into events, each under its natural key. Never throws: unreadable content becomes an event. */
  parse(request: RawRequest): ParsedEvent[];
  /**
   * Returns the response to an authenticated request, for a platform that reads one, e.g. TwiML. Ingest sends it once the
   * events are durable. Without this method the response has no body. Never throws, and contains no secret.
   */
  respond?(request: RawRequest): WebhookResponse;
};

/** What decides about the authenticity of a request, besides the request. */
export type AuthenticationContext = { now: Date; secrets: readonly string[] };

/** A response with status 200. */
export type WebhookResponse = {
  /** The value of the header `Content-Type`. */
  contentType: string;
  body: string;
};

/** How a platform verifies the webhook before it sends events. */
export type VerificationChallenge = {
  /** The methods of the platform's verification requests. */
  methods: readonly ("GET" | "POST")[];
  /**
   * Returns the response to a challenge. Undefined refuses a GET with 403. Undefined for a POST means that the request is
   * no challenge: ingest then authenticates and parses it.
   */
  respond(request: RawRequest): WebhookResponse | undefined;
};
