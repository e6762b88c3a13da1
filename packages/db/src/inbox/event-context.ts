import {
  type AiTurnTimings,
  type DomainEvent,
  type FollowUp,
  type InboundEvent,
  type NewId,
  type Now,
  type OnAiFailure,
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
  /** The integration that answers as the AI; without it, no AI turn is opened. */
  assistant?: AssistantSettings | undefined;
  /** The channels for which media of inbound messages and recordings of calls are fetched. */
  media: ReadonlySet<string>;
  /** What each channel can send. The AI is asked only on these channels. */
  formats: readonly OutgoingFormat[];
  subscribers: readonly Subscriber[];
};

/** The integration that answers as the AI, its timings, and what follows from an AI turn that fails. */
export type AssistantSettings = {
  integration: string;
  timings: AiTurnTimings;
  onFailure?: OnAiFailure;
  reportsFailures?: boolean;
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

/** The fields of an event that its rows keep: its id, when ingest received it, its request and its position in it, from 0. */
export type EventOrigin = { id: string; receivedAt: Date; index: number; request?: string | undefined };

/** Returns the {@link EventOrigin} of an event. An event that is not from a request has the position 0. */
export function originOf({ id, receivedAt, index = 0, request }: InboundEvent): EventOrigin {
  return { id, receivedAt: new Date(receivedAt), index, request };
}

const NO_SETTINGS: InboxSettings = { now: systemNow, media: new Set(), formats: [], subscribers: [] };

/** Starts the context of a transaction. Without settings, only an integration's own follow-up jobs are collected. */
export function eventContext(newId: NewId, settings = NO_SETTINGS, event?: EventOrigin): EventContext {
  const clock = settings.databaseNow ?? databaseNow;
  return { ...settings, databaseNow: clock, newId, event, followUps: [], domainEvents: [], pauses: [] };
}
