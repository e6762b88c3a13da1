import type { ParsedEvent } from "../domain/event.ts";
import type { RawRequest } from "../http/raw-request.ts";

/** The webhook of an enabled integration. It holds its own secrets. */
export type Webhook = {
  /** Paths of the route, the canonical one first. `:secret` is a path parameter. */
  paths: readonly [string, ...string[]];
  /** Largest body in bytes; ingest stops reading a larger one and responds with 413. */
  maxBodyBytes: number;
  /**
   * Responds to a verification challenge (GET): the text for a 200, or undefined for a 403. Without this method ingest
   * responds to GET with 405.
   */
  challenge?(request: RawRequest): string | undefined;
  /** Whether the platform sent the request, by its raw bytes and before any parsing. */
  authenticate(request: RawRequest): boolean;
  /** Parses a request into events, each under its natural key. Never throws: unreadable content becomes an event. */
  parse(request: RawRequest): ParsedEvent[];
};
