import { truncatedResponse, noResponse } from "../faults/broken-responses.ts";

/** The faults of the response to a question. */
const RESPONSE_FAULTS = ["not_registered", "http_500", "http_500_taken", "timeout", "timeout_taken", "malformed"];

/** The faults of the AI's answer, which n8n sends later. */
const ANSWER_FAULTS = [
  /** Sent at `POST /_n8n/release`. */
  "slow",
  "answer_twice",
  /** An answer with three messages. */
  "answer_several",
  "no_answer",
];

/** Sent after a delay in ms. */
const LATE = /^answer_late:(\d{1,7})$/;

/** Whether n8n has this fault. */
export function isN8nFault(fault: string): boolean {
  return RESPONSE_FAULTS.includes(fault) || ANSWER_FAULTS.includes(fault) || LATE.test(fault);
}

/** Whether the workflow starts despite the fault. */
export function isStarted(fault: string | undefined): boolean {
  return fault === undefined || !RESPONSE_FAULTS.includes(fault) || fault === "malformed" || fault.endsWith("_taken");
}

/** Returns the delay of `answer_late` in ms, and 0 for other faults. */
export function delayOf(fault: string | undefined): number {
  return Number(LATE.exec(fault ?? "")?.[1] ?? 0);
}

/**
 * Responds to a question with a fault. Returns undefined if the fault changes only the AI's answer. `signal` is aborted when
 * the caller closes the connection.
 */
export function faultResponse(
  fault: string | undefined,
  path: string,
  signal: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === "not_registered") return notRegistered("POST", path);
  if (fault === "malformed") return truncatedResponse('{"message":"Work');
  if (fault?.startsWith("http_500")) return Response.json({ message: "Error in workflow" }, { status: 500 });
  if (fault?.startsWith("timeout")) return noResponse(signal);
  return undefined;
}

/** The response for a workflow that is inactive or does not exist. */
export function notRegistered(method: string, path: string): Response {
  return Response.json(
    {
      code: 404,
      message: `The requested webhook "${method} ${path}" is not registered.`,
      hint: "The workflow must be active for a production URL to run successfully.",
    },
    { status: 404 },
  );
}
