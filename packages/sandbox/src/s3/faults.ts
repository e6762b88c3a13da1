import { noAnswer } from "../faults/broken-responses.ts";
import { s3Error } from "./errors.ts";

/** What can go wrong with an object on request; S3 answers 503 `SlowDown` when it is asked too often. */
const S3_FAULTS = ["http_500", "timeout", "slow_down"];

/** Whether S3 can fail so. */
export function isS3Fault(fault: string): boolean {
  return S3_FAULTS.includes(fault);
}

/** Answers with a fault. `gone` fires when the caller goes away. */
export function faultResponse(fault: string, gone: AbortSignal): Response | Promise<Response> {
  if (fault === "timeout") return noAnswer(gone);
  if (fault === "slow_down") return s3Error(503, "SlowDown", "Please reduce your request rate.");
  return s3Error(500, "InternalError", "We encountered an internal error. Please try again.");
}
