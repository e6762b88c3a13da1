import { type FollowUp, type NewId, type Now, systemNow, type AiTurnTimings } from "@millrace/core";

/** What follows from the events of an inbox, besides what their adapters say themselves. */
export type FollowUpSettings = {
  now: Now;
  /** The integration that is asked first, and when; absent: nobody is. */
  assistant?: { integration: string; timings: AiTurnTimings } | undefined;
  /** Channels whose files are fetched. */
  media: ReadonlySet<string>;
};

/** One transaction's settings, ids, event, and the jobs that follow from it so far. */
export type EventContext = FollowUpSettings & { newId: NewId; event?: EventOrigin | undefined; followUps: FollowUp[] };

/** What of an event its rows keep: its id, and when it came. */
export type EventOrigin = { id: string; receivedAt: Date };

const NOTHING: FollowUpSettings = { now: systemNow, media: new Set() };

/** What a transaction begins with; without settings nothing follows but what its adapters say. */
export function eventContext(newId: NewId, settings = NOTHING, event?: EventOrigin): EventContext {
  return { ...settings, newId, event, followUps: [] };
}

/** The job that sends a message. */
export function sendJob(message: { id: string; channel: string; accountId: string; conversationId: string }): FollowUp {
  const { id, channel, accountId, conversationId } = message;
  return {
    integration: channel,
    role: "outbound",
    id: `send.${id}`,
    kind: "send",
    payload: { messageId: id, accountId, conversationId },
  };
}

/** The job that sees a turn through to its end. */
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
