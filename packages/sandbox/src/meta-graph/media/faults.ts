import { noAnswer, serverDown } from "../../faults/broken-responses.ts";
import { errorResponse, missingObject } from "../errors.ts";

/** What can go wrong with a file on request. */
const MEDIA_FAULTS = [
  "http_500",
  "timeout",
  /** The file is gone, as after some days. */
  "missing",
  /** The URL is over before its time. */
  "expired_url",
  /** The bytes are others than were announced. */
  "corrupt",
];

/** Whether a file can fail so. */
export function isMediaFault(fault: string): boolean {
  return MEDIA_FAULTS.includes(fault);
}

/** Whether a fault makes a difference to a step: `upload`, `lookup` or `download`. */
export function concerns(step: string): (fault: string) => boolean {
  return (fault) => isMediaFault(fault) && (step === "download" || !["expired_url", "corrupt"].includes(fault));
}

/** Answers a request for a file with a fault; undefined where the file is sent all the same. `gone` fires when the caller goes away. */
export function mediaFaultResponse(
  fault: string,
  id: string,
  gone: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === "http_500") return serverDown();
  if (fault === "timeout") return noAnswer(gone);
  if (fault === "missing") return errorResponse(missingObject(id), {});
  if (fault === "expired_url") return new Response("URL signature expired", { status: 404 });
  return undefined;
}
