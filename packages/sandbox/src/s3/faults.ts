import { noResponse } from "../faults/broken-responses.ts";
import { s3Error } from "./errors.ts";

/** The faults of requests for an object. S3 answers 503 `SlowDown` above its request rate. */
const S3_FAULTS = ["http_500", "timeout", "slow_down"];

/** Whether S3 has this fault. */
export function isS3Fault(fault: string): boolean {
  return S3_FAULTS.includes(fault);
}

/** Responds with a fault. `signal` is aborted when the caller closes the connection. */
export function faultResponse(fault: string, signal: AbortSignal): Response | Promise<Response> {
  if (fault === "timeout") return noResponse(signal);
  if (fault === "slow_down") return s3Error(503, "SlowDown", "Please reduce your request rate.");
  return s3Error(500, "InternalError", "We encountered an internal error. Please try again.");
}
