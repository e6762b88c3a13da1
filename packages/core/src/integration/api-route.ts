import type { z } from "zod";
import type { QueueRole } from "../capabilities/index.ts";
import type { ParsedEvent } from "../domain/event.ts";
import type { RawRequest } from "../http/raw-request.ts";
import type { NewId } from "../runtime/clock.ts";

/** An authenticated request to a route of Millrace's own API. */
export type ApiCall<Params = unknown> = {
  /** The path parameters, as the route's `params` parses them. */
  params: Params;
  /** Identifies the caller without its secret: the same for all requests with one API key. */
  caller: string;
  /** The caller's key for the request: {@link Authentic.signedKey}, else `signed`, else the value of `Idempotency-Key`. */
  idempotencyKey: string | undefined;
  /** See {@link Authentic}. */
  signed: string | undefined;
  newId: NewId;
  now: Date;
};

/**
 * An authentic request to a route with its own scheme. A signature covers no other header, so whoever captured a signed
 * request can send it again with another `Idempotency-Key`. Such a request is known by its signed parts only.
 */
export type Authentic = {
  /** Hash of everything that the signature covers. Absent for a secret in a header, which authenticates the whole request. */
  signed?: string;
  /** The idempotency key in a signed header. */
  signedKey?: string;
};

/** The events to queue for a request, and the response body once they are queued. */
export type Accepted = {
  events: readonly ParsedEvent[];
  body: Record<string, unknown>;
};

/**
 * Rejects a body that is valid by its schema, e.g. for a time in the future. The response has the form of a schema error,
 * so `message` must not contain the rejected value.
 */
export class InvalidFieldError extends Error {
  override readonly name = "InvalidFieldError";
  /** The field, at the top level of the body. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A valid body of a route. The conformance suite posts it, and the OpenAPI document shows it. */
export type ApiExample<Body = unknown> = { summary: string; body: Body };

/** A route that API callers post JSON to. The OpenAPI document is generated from its schemas. */
export type ApiRoute = {
  /** Paths of the route, the canonical one first. `:id` is a path parameter. */
  paths: readonly [string, ...string[]];
  /** Schema of the path parameters, with the same error response as the body. Absent when the path has none. */
  params?: z.ZodObject;
  /** One line for the OpenAPI document. */
  summary: string;
  /** Markdown for the OpenAPI document. */
  description: string;
  /** How a caller authenticates, for the OpenAPI document. */
  authentication: string;
  /** Authenticates the caller by the raw bytes; undefined refuses. Absent: one of API_KEYS as `Authorization: Bearer`. */
  authenticate?(request: RawRequest, now: Date): Authentic | undefined;
  /** Largest body in bytes. */
  maxBodyBytes: number;
  /** Schema of the body; an invalid one gets a 400 that names the field. */
  body: z.ZodType;
  /** At least one valid body. */
  examples: readonly [ApiExample, ...ApiExample[]];
  /** 202 when the request is queued; 200 for a caller that accepts no other success. */
  status: 200 | 202;
  /** The route also exists while the integration is switched off: it holds the requests, with status 200. */
  holdsWhenOff?: boolean;
  /** Schema of the response body. */
  response: z.ZodType;
  /** The queue of the route's events. */
  role: QueueRole;
  /** Turns a valid body into events. Throws InvalidFieldError. */
  accept(body: unknown, call: ApiCall): Accepted;
};

/** Declares an {@link ApiRoute}; `accept` receives the types that the schemas produce. */
export function apiRoute<Body extends z.ZodType, Params extends z.ZodObject = z.ZodObject>(
  route: Omit<ApiRoute, "body" | "examples" | "params" | "accept"> & {
    body: Body;
    examples: readonly [ApiExample<z.input<Body>>, ...ApiExample<z.input<Body>>[]];
    params?: Params;
    accept(body: z.output<Body>, call: ApiCall<z.output<Params>>): Accepted;
  },
): ApiRoute {
  return {
    ...route,
    accept: (body, call) => route.accept(body as z.output<Body>, call as ApiCall<z.output<Params>>),
  };
}
