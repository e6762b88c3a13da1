import { noResponse, serverErrorPage } from "../../faults/broken-responses.ts";
import { errorResponse, missingObject } from "../errors.ts";

/** The faults of requests for a file. */
const MEDIA_FAULTS = [
  "http_500",
  "timeout",
  /** The file is deleted, as after some days. */
  "missing",
  /** The URL expires early. */
  "expired_url",
  /** The bytes do not match the announced hash. */
  "corrupt",
];

/** Whether requests for a file have this fault. */
export function isMediaFault(fault: string): boolean {
  return MEDIA_FAULTS.includes(fault);
}

/** Returns which faults can change the response to a step: `upload`, `lookup` or `download`. */
export function appliesToStep(step: string): (fault: string) => boolean {
  return (fault) => isMediaFault(fault) && (step === "download" || !["expired_url", "corrupt"].includes(fault));
}

/**
 * Responds to a request for a file with a fault. Returns undefined if the response still has a file. `signal` is aborted
 * when the caller closes the connection.
 */
export function mediaFaultResponse(
  fault: string,
  id: string,
  signal: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === "http_500") return serverErrorPage();
  if (fault === "timeout") return noResponse(signal);
  if (fault === "missing") return errorResponse(missingObject(id), {});
  if (fault === "expired_url") return new Response("URL signature expired", { status: 404 });
  return undefined;
}
