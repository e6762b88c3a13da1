import { AI_FAILURE_REPORT, type AiTurnFailure, type FollowUp } from "@millrace/core";

/** The job that sends a message. */
export function sendJob(message: {
  id: string;
  channel: string;
  accountId: string;
  conversationId: string;
  expiresAt?: Date | null;
}): FollowUp {
  const { id, channel, accountId, conversationId, expiresAt } = message;
  return {
    integration: channel,
    role: "outbound",
    id: `send.${id}`,
    kind: "send",
    payload: { messageId: id, accountId, conversationId },
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
  };
}

/** The job that dispatches an AI turn, waits for the answer and dispatches it again after a timeout. */
export function turnJob(integration: string, turnId: string, dispatchAt: Date): FollowUp {
  return {
    integration,
    role: "ai-turns",
    id: `turn.${turnId}`,
    kind: "turn",
    payload: { turnId },
    notBefore: dispatchAt.toISOString(),
  };
}

/** The job that reports a failed AI turn, once per turn. */
export function failureReportJob(integration: string, failure: AiTurnFailure): FollowUp {
  return {
    integration,
    role: "ai-turns",
    id: `${AI_FAILURE_REPORT}.${failure.turnId}`,
    kind: AI_FAILURE_REPORT,
    payload: failure,
  };
}
