import { halfAnswer, noAnswer } from "../faults/broken-responses.ts";

/** Faults of the answer to the question. */
const REFUSALS = ["not_registered", "http_500", "http_500_taken", "timeout", "timeout_taken", "malformed"];

/** Faults of the AI's answer, which comes later. */
const ANSWERS = [
  /** Comes when `POST /_n8n/release` says so. */
  "slow",
  "answer_twice",
  /** In three messages. */
  "answer_several",
  "no_answer",
];

/** Comes after so many ms. */
const LATE = /^answer_late:(\d{1,7})$/;

/** Whether n8n can fail so. */
export function isN8nFault(fault: string): boolean {
  return REFUSALS.includes(fault) || ANSWERS.includes(fault) || LATE.test(fault);
}

/** Whether the workflow runs all the same. */
export function isStarted(fault: string | undefined): boolean {
  return fault === undefined || !REFUSALS.includes(fault) || fault === "malformed" || fault.endsWith("_taken");
}

/** How many ms the answer is late. */
export function delayOf(fault: string | undefined): number {
  return Number(LATE.exec(fault ?? "")?.[1] ?? 0);
}

/** Answers a question with a fault; undefined where only the AI's answer goes wrong. `gone` fires when the caller goes away. */
export function faultResponse(
  fault: string | undefined,
  path: string,
  gone: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === "not_registered") return notRegistered("POST", path);
  if (fault === "malformed") return halfAnswer('{"message":"Work');
  if (fault?.startsWith("http_500")) return Response.json({ message: "Error in workflow" }, { status: 500 });
  if (fault?.startsWith("timeout")) return noAnswer(gone);
  return undefined;
}

/** What n8n says of a workflow that is not active, or not there. */
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
