import type { ExhaustedJob } from "@millrace/core";

/** The job of an AI turn that failed, as the queue reports it. */
export function failedTurnJob(turnId: string, failedAt = new Date()): ExhaustedJob {
  return {
    queue: "n8n-ai-turns",
    jobId: `turn.${turnId}`,
    integration: "n8n",
    eventId: `turn.${turnId}`,
    kind: "turn",
    payload: { turnId },
    errorKind: "permanent",
    error: "the AI did not answer within 120 s, twice",
    attempts: 1,
    correlationId: "c-1",
    receivedAt: failedAt,
    failedAt,
  };
}
