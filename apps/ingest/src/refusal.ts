import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { InvalidFieldError } from "@millrace/core";
import { QueueUnavailableError } from "@millrace/queue";
import type { IngestEnv } from "./app.ts";
import { BodyIncompleteError, BodyTooLargeError } from "./body.ts";
import { problem, type ProblemDetails } from "./problem.ts";

/** A request that is not taken in, and what its answer says. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: ContentfulStatusCode;
  readonly details: ProblemDetails;
  readonly headers: Record<string, string>;

  constructor(
    status: ContentfulStatusCode,
    title: string,
    details: ProblemDetails = {},
    headers: Record<string, string> = {},
  ) {
    super(title);
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** The answer to a request that failed on its way into the queue. Throws what is no refusal. */
export function refuse(c: Context<IngestEnv>, error: unknown): Response {
  if (error instanceof Refusal) return problem(c, error.status, error.message, error.headers, error.details);
  if (error instanceof InvalidFieldError) {
    const { field, message: detail } = error;
    const errors = [{ pointer: `/${field}`, field, detail }];
    return problem(c, 400, "Invalid body", {}, { detail: `${field} ${detail}`, errors });
  }
  if (error instanceof BodyTooLargeError) return problem(c, 413, "Body too large", { Connection: "close" });
  if (error instanceof BodyIncompleteError) return problem(c, 400, "Body incomplete", { Connection: "close" });
  if (error instanceof QueueUnavailableError) return problem(c, 503, "The queue is away", { "Retry-After": "5" });
  throw error;
}
