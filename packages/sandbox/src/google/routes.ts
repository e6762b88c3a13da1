import { type Context, Hono } from "hono";
import { type Fields, fieldsOf } from "../json-fields.ts";
import type { RateLimit } from "../rate-limits/rate-limiter.ts";
import type { SandboxDeps } from "../deps.ts";
import {
  errorResponse,
  invalidArgument,
  INVALID_JSON,
  METHOD_NOT_FOUND,
  MISSING_TOKEN,
  rateLimitExceeded,
  unknownRequest,
} from "./errors.ts";
import { appliesToRequest, faultResponse, isAccepted, reportedViolations } from "./faults.ts";
import { createProcessing, type Processing } from "./processing.ts";
import { listOf } from "./validation/violation.ts";
import { validateRequest } from "./validation/request-violations.ts";

/** 300 requests a minute: https://developers.google.com/data-manager/api/devguides/limits */
const PER_PROJECT: RateLimit = { name: "google project", intervalMs: 60_000 / 300, burst: 300 };

/** The Data Manager API: its routes and the state of its processing. */
export type DataManager = { routes: Hono; processing: Processing };

/** Creates a {@link DataManager} that needs `processingMs` per request. */
export function createDataManager(deps: SandboxDeps, processingMs: number): DataManager {
  const { now, faults, requests, rateLimiter } = deps;
  const processing = createProcessing(now, processingMs);
  // The start time makes the ids of a restarted sandbox different.
  const series = now().getTime().toString(36);
  let count = 0;
  const nextId = () => {
    count += 1;
    return `t-${series}-${count}`;
  };

  /** Logs a request and returns its token, which identifies the project. Without a token the request is rejected. */
  const authenticate = (c: Context): string | undefined => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    requests.record(c.req.method, c.req.url, token !== undefined);
    return token;
  };
  const exceedsLimit = (token: string) => rateLimiter.use([{ limit: PER_PROJECT, key: token }]) !== undefined;

  const ingest = async (c: Context): Promise<Response> => {
    const token = authenticate(c);
    if (token === undefined) return errorResponse(MISSING_TOKEN);
    const body: unknown = await c.req.json().catch(() => undefined);
    const request = fieldsOf(body);
    const invalid = body === undefined ? undefined : validateRequest(request);
    const accepted = body !== undefined && !invalid && request["validateOnly"] !== true;
    const facts = { api: "google", step: "ingest", accountId: accountOf(request) };
    const fault = faults.take(facts, appliesToRequest("ingest", accepted, invalid?.part === "events"), () =>
      subjectOf(request),
    );
    const id = nextId();
    const respondWithFault = () => faultResponse(fault, id, c.req.raw.signal);
    const rejection = isAccepted(fault) ? undefined : await respondWithFault();
    if (rejection) return rejection;
    if (exceedsLimit(token)) return errorResponse(rateLimitExceeded());
    if (body === undefined) return errorResponse(INVALID_JSON);
    if (invalid) return errorResponse(invalidArgument(reportedViolations(invalid.violations, fault), id));
    if (accepted) processing.accept(id, request, fault === "slow_processing");
    return (await respondWithFault()) ?? c.json({ requestId: id });
  };

  const retrieve = async (c: Context): Promise<Response> => {
    const token = authenticate(c);
    if (token === undefined) return errorResponse(MISSING_TOKEN);
    const id = c.req.query("requestId") ?? "";
    const fault = faults.take({ api: "google", step: "status" }, appliesToRequest("status", false, false), () => id);
    const failed = await faultResponse(fault, nextId(), c.req.raw.signal);
    if (failed) return failed;
    if (exceedsLimit(token)) return errorResponse(rateLimitExceeded());
    const status = processing.status(id);
    return status ? c.json(status) : errorResponse(unknownRequest(nextId()));
  };

  const routes = new Hono()
    // Hono would read the colon of a custom method such as `events:ingest` as a path parameter.
    .post("/v1/:method", (c) =>
      c.req.param("method") === "events:ingest" ? ingest(c) : errorResponse(METHOD_NOT_FOUND),
    )
    .get("/v1/:method", (c) =>
      c.req.param("method") === "requestStatus:retrieve" ? retrieve(c) : errorResponse(METHOD_NOT_FOUND),
    )
    .all("/*", () => errorResponse(METHOD_NOT_FOUND));
  return { routes, processing };
}

/** Returns the account that faults match: the one of the first destination. */
function accountOf(request: Fields): string | undefined {
  const id = fieldsOf(listOf(request["destinations"])[0]?.["operatingAccount"])["accountId"];
  return typeof id === "string" ? id : undefined;
}

/** Returns the transactions of a request, which identify it across attempts. */
function subjectOf(request: Fields): string {
  return listOf(request["events"])
    .map(({ transactionId }) => String(transactionId))
    .join(" ");
}
