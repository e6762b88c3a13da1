import type { DomainEvent, FollowUp, NewId } from "@millrace/core";
import type { InboxSettings } from "../../inbox/event-context.ts";

/** What the statements of a batch share. */
export type BatchContext = InboxSettings & { newId: NewId };

/** What a batch adds to an event: its domain events and its follow-up jobs. */
export type Effects = { domainEvents: readonly DomainEvent[]; followUps: readonly FollowUp[] };
