import { type AiTurnTimings, type FollowUp, type NewId, type Now, systemNow } from "@millrace/core";

/** Which follow-up jobs the inbox adds to those that an integration asks for. */
export type FollowUpSettings = {
  now: Now;
  /** The integration that answers as the AI, and its timings; without it, no AI turn is opened. */
  assistant?: { integration: string; timings: AiTurnTimings } | undefined;
  /** The channels for which media of inbound messages is fetched. */
  media: ReadonlySet<string>;
};

/** What the stores of one transaction share: the settings, the event, and the follow-up jobs collected so far. */
export type EventContext = FollowUpSettings & { newId: NewId; event?: EventOrigin | undefined; followUps: FollowUp[] };

/** The fields of an event that its rows keep: its id, and when ingest received it. */
export type EventOrigin = { id: string; receivedAt: Date };

const NO_SETTINGS: FollowUpSettings = { now: systemNow, media: new Set() };

/** Starts the context of a transaction. Without settings, only an integration's own follow-up jobs are collected. */
export function eventContext(newId: NewId, settings = NO_SETTINGS, event?: EventOrigin): EventContext {
  return { ...settings, newId, event, followUps: [] };
}
