import type { z } from "zod";
import type { NewId } from "../runtime/clock.ts";
import type { QueueRole, ParsedEvent } from "../domain/event.ts";
import type { RawRequest } from "./integration.ts";

/** A request to one of our own routes, past its proof. */
export type ApiCall<Params = unknown> = {
  /** What stands in the path, as the route's `params` gives it. */
  params: Params;
  /** Who calls, without telling their secret: the same for all requests made with one key. */
  caller: string;
  /** The caller's own name for the request, from `Idempotency-Key`. */
  idempotencyKey: string | undefined;
  newId: NewId;
  now: Date;
};

/** What is queued for a request, and what its caller is told once it is. */
export type Accepted = {
  events: readonly ParsedEvent[];
  body: Record<string, unknown>;
};

/**
 * Why a body that has passed its schema is refused all the same, e.g. for a time that is still to come. Answered like the
 * schema's own problems; `message` must hold nothing of what stood there.
 */
export class InvalidFieldError extends Error {
  override readonly name = "FieldProblem";
  /** The field, at the top of the body. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A route that callers of ours post JSON to. Its schemas are also its page in the OpenAPI document. */
export type ApiRoute = {
  /** Paths it answers at, the canonical one first. `:id` stands for a path parameter. */
  paths: readonly [string, ...string[]];
  /** What the path's parameters must be; answered like the body's problems. Absent: the path has none. */
  params?: z.ZodObject;
  /** One line, for the OpenAPI document. */
  summary: string;
  /** Markdown, for the OpenAPI document. */
  description: string;
  /** How a caller proves itself, in words. */
  authentication: string;
  /** Checks the caller's proof over the raw bytes. Absent: one of API_KEYS as `Authorization: Bearer`. */
  authenticate?(request: RawRequest, now: Date): boolean;
  /** Largest body in bytes. */
  maxBodyBytes: number;
  /** What the body must be; problems with it are answered with 400 and the field's name. */
  body: z.ZodType;
  /** 202, it is queued; 200 where the caller takes nothing else for success. */
  status: 200 | 202;
  /** What that answer is. */
  response: z.ZodType;
  /** The queue that takes its events in. */
  role: QueueRole;
  /** Turns a body that has passed `body` into events. Throws FieldProblem. */
  accept(body: unknown, call: ApiCall): Accepted;
};

/** An {@link ApiRoute} whose `accept` gets what its schemas give. */
export function apiRoute<Body extends z.ZodType, Params extends z.ZodObject = z.ZodObject>(
  route: Omit<ApiRoute, "body" | "params" | "accept"> & {
    body: Body;
    params?: Params;
    accept(body: z.output<Body>, call: ApiCall<z.output<Params>>): Accepted;
  },
): ApiRoute {
  return {
    ...route,
    accept: (body, call) => route.accept(body as z.output<Body>, call as ApiCall<z.output<Params>>),
  };
}
