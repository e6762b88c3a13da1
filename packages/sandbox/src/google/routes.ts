import { type Context, Hono } from "hono";
import { type Fields, fieldsOf } from "../json-fields.ts";
import type { Limit } from "../rate-limits/rate-limiter.ts";
import type { SandboxParts } from "../deps.ts";
import { errorResponse, invalidArgument, NO_JSON, NO_METHOD, NO_TOKEN, tooMany, unknownRequest } from "./errors.ts";
import { concerns, faultResponse, isTaken, spelled } from "./faults.ts";
import { createProcessing, type Processing } from "./processing.ts";
import { listOf } from "./validation/violation.ts";
import { wrongWith } from "./validation/request-violations.ts";

/** https://developers.google.com/data-manager/api/devguides/limits */
const PER_PROJECT: Limit = { name: "google project", intervalMs: 60_000 / 300, burst: 300 };

/** The Data Manager API: its routes, and what it took. */
export type DataManager = { routes: Hono; processing: Processing };

/** {@link DataManager} that takes so many ms to process a request. */
export function createDataManager(parts: SandboxParts, processingMs: number): DataManager {
  const { now, faults, requests, limits } = parts;
  const processing = createProcessing(now, processingMs);
  // A sandbox that is started again must not give the same ids.
  const series = now().getTime().toString(36);
  let count = 0;
  const nextId = () => {
    count += 1;
    return `t-${series}-${count}`;
  };

  /** The token of a request, by which its project is told; none where it is refused. */
  const admit = (c: Context): string | undefined => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    requests.record(c.req.method, c.req.url, token !== undefined);
    return token;
  };
  const exceeds = (token: string) => limits.use([{ limit: PER_PROJECT, key: token }]) !== undefined;

  const ingest = async (c: Context): Promise<Response> => {
    const token = admit(c);
    if (token === undefined) return errorResponse(NO_TOKEN);
    const body: unknown = await c.req.json().catch(() => undefined);
    const request = fieldsOf(body);
    const wrong = body === undefined ? undefined : wrongWith(request);
    const taken = body !== undefined && !wrong && request["validateOnly"] !== true;
    const facts = { api: "google", step: "ingest", accountId: accountOf(request) };
    const fault = faults.take(facts, concerns("ingest", taken, wrong?.part === "events"), () => subjectOf(request));
    const id = nextId();
    const failed = () => faultResponse(fault, id, c.req.raw.signal);
    const refused = isTaken(fault) ? undefined : await failed();
    if (refused) return refused;
    if (exceeds(token)) return errorResponse(tooMany());
    if (body === undefined) return errorResponse(NO_JSON);
    if (wrong) return errorResponse(invalidArgument(spelled(wrong.violations, fault), id));
    if (taken) processing.take(id, request, fault === "slow_processing");
    return (await failed()) ?? c.json({ requestId: id });
  };

  const retrieve = async (c: Context): Promise<Response> => {
    const token = admit(c);
    if (token === undefined) return errorResponse(NO_TOKEN);
    const id = c.req.query("requestId") ?? "";
    const fault = faults.take({ api: "google", step: "status" }, concerns("status", false, false), () => id);
    const failed = await faultResponse(fault, nextId(), c.req.raw.signal);
    if (failed) return failed;
    if (exceeds(token)) return errorResponse(tooMany());
    const status = processing.status(id);
    return status ? c.json(status) : errorResponse(unknownRequest(nextId()));
  };

  const routes = new Hono()
    // The colon of Google's custom methods is no parameter, as a path of Hono's would have it.
    .post("/v1/:method", (c) => (c.req.param("method") === "events:ingest" ? ingest(c) : errorResponse(NO_METHOD)))
    .get("/v1/:method", (c) =>
      c.req.param("method") === "requestStatus:retrieve" ? retrieve(c) : errorResponse(NO_METHOD),
    )
    .all("/*", () => errorResponse(NO_METHOD));
  return { routes, processing };
}

/** The account that a request is told by: that of its first destination. */
function accountOf(request: Fields): string | undefined {
  const id = fieldsOf(listOf(request["destinations"])[0]?.["operatingAccount"])["accountId"];
  return typeof id === "string" ? id : undefined;
}

/** What a request is about, the same in every attempt: its transactions. */
function subjectOf(request: Fields): string {
  return listOf(request["events"])
    .map(({ transactionId }) => String(transactionId))
    .join(" ");
}
