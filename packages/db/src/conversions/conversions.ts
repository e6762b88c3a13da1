import { sql } from "drizzle-orm";
import type { Conversion, HeldReason } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversionUploads } from "../schema/index.ts";
import type { EventContext } from "../inbox/event-context.ts";

/** A conversion of a tenant, linked to the lead or the conversation that was won, if there is one. */
export type NewConversion = Conversion & {
  /** The integration that uploads it. */
  integration: string;
  tenantId: string;
  /** Absent when the conversion can be uploaded. */
  held?: HeldReason | undefined;
  leadId?: string;
  conversationId?: string;
  /** The event that reported the sale, when it is not the event of the transaction. */
  reportedBy?: string | undefined;
};

/** Conversions that wait for their upload. */
export type ConversionStore = {
  /**
   * Stores a conversion. Returns false when the action has one with that transaction id. If the stored one is held for
   * missing consent, it adopts the consent of the new one and can be uploaded.
   */
  add(conversion: NewConversion): Promise<boolean>;
};

/** {@link ConversionStore} on the table conversion_uploads. */
export function conversionStore(tx: Executor, { newId, event }: EventContext): ConversionStore {
  return {
    async add({ integration, tenantId, held, leadId, conversationId, reportedBy, ...conversion }) {
      const { transactionId, accountId, actionId, convertedAt, value, currency } = conversion;
      const eventId = reportedBy ?? event?.id ?? null;
      const state = { status: held ? ("held" as const) : ("queued" as const), error: held ?? null };
      const isWaitingForConsent = sql`${conversionUploads.status} = 'held' and ${conversionUploads.error} = 'no_consent'`;
      const written = await tx
        .insert(conversionUploads)
        .values({
          id: newId(),
          integration,
          tenantId,
          leadId: leadId ?? null,
          conversationId: conversationId ?? null,
          transactionId,
          accountId,
          conversionActionId: actionId,
          eventId,
          ...state,
          value: value ?? null,
          currency: currency ?? null,
          convertedAt: new Date(convertedAt),
          payload: conversion,
        })
        .onConflictDoUpdate({
          target: [
            conversionUploads.integration,
            conversionUploads.conversionActionId,
            conversionUploads.transactionId,
          ],
          set: {
            ...state,
            eventId,
            payload: sql`${conversionUploads.payload} || jsonb_build_object('consent', excluded.payload -> 'consent')`,
            updatedAt: sql`now()`,
          },
          setWhere: held === "no_consent" ? sql`false` : isWaitingForConsent,
        })
        .returning({ id: conversionUploads.id });
      return written.length > 0;
    },
  };
}
