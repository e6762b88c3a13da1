import {
  type AiTurnTimings,
  type DomainEvent,
  type FollowUp,
  type NewId,
  type Now,
  type OutgoingFormat,
  type ScopePause,
  systemNow,
} from "@millrace/core";
import { type DatabaseNow, databaseNow } from "../connection/database-clock.ts";
import type { Subscriber } from "../domain-events/subscriptions.ts";

/** What an event's transaction knows of the deployment: which follow-up jobs it adds, and what each channel can send. */
export type InboxSettings = {
  now: Now;
  /** The database's clock, unless a test has its own. */
  databaseNow?: DatabaseNow | undefined;
  /** The integration that answers as the AI, and its timings; without it, no AI turn is opened. */
  assistant?: { integration: string; timings: AiTurnTimings } | undefined;
  /** The channels for which media of inbound messages and recordings of calls are fetched. */
  media: ReadonlySet<string>;
  /** What each channel can send. The AI is asked only on these channels. */
  formats: readonly OutgoingFormat[];
  subscribers: readonly Subscriber[];
};

/** What the stores of one transaction share: the settings, the event, and what has been collected so far. */
export type EventContext = InboxSettings & {
  newId: NewId;
  databaseNow: DatabaseNow;
  event?: EventOrigin | undefined;
  followUps: FollowUp[];
  domainEvents: DomainEvent[];
  pauses: ScopePause[];
  /** Lookups of tenants that began with the transaction, by tenantKey. */
  tenants?: ReadonlyMap<string, Promise<string>>;
};

/** The fields of an event that its rows keep: its id, and when ingest received it. */
export type EventOrigin = { id: string; receivedAt: Date };

const NO_SETTINGS: InboxSettings = { now: systemNow, media: new Set(), formats: [], subscribers: [] };

/** Starts the context of a transaction. Without settings, only an integration's own follow-up jobs are collected. */
export function eventContext(newId: NewId, settings = NO_SETTINGS, event?: EventOrigin): EventContext {
  const clock = settings.databaseNow ?? databaseNow;
  return { ...settings, databaseNow: clock, newId, event, followUps: [], domainEvents: [], pauses: [] };
}
