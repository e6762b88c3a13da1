import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { InvalidFieldError } from "@millrace/core";
import { QueueUnavailableError } from "@millrace/queue";
import type { IngestEnv } from "../deps.ts";
import { problem, type ProblemDetails } from "./problem.ts";
import { BodyIncompleteError, BodyTooLargeError } from "./read-body.ts";

/** A request that is not accepted, with the status, the problem details and the headers of its response. */
export class HttpError extends Error {
  override readonly name = "HttpError";
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

/** The response to a request that was not accepted. Throws an error that has no response of its own. */
export function errorResponse(c: Context<IngestEnv>, error: unknown): Response {
  if (error instanceof HttpError) return problem(c, error.status, error.message, error.headers, error.details);
  if (error instanceof InvalidFieldError) {
    const { field, message: detail } = error;
    const errors = [{ pointer: `/${field}`, field, detail }];
    return problem(c, 400, "Invalid body", {}, { detail: `${field} ${detail}`, errors });
  }
  if (error instanceof BodyTooLargeError) return problem(c, 413, "Body too large", { Connection: "close" });
  if (error instanceof BodyIncompleteError) return problem(c, 400, "Body incomplete", { Connection: "close" });
  if (error instanceof QueueUnavailableError) return problem(c, 503, "Queue unavailable", { "Retry-After": "5" });
  throw error;
}
