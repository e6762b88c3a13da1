import { sql } from "drizzle-orm";
import type { ConversionStore } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversionUploads } from "../schema/index.ts";
import type { EventContext } from "../inbox/event-context.ts";

/** {@link ConversionStore} on the table conversion_uploads. */
export function conversionStore(tx: Executor, { newId, event }: EventContext): ConversionStore {
  return {
    async add({ tenantId, held, leadId, conversationId, ...conversion }) {
      const { transactionId, accountId, actionId, convertedAt, value, currency } = conversion;
      const eventId = event?.id ?? null;
      const state = { status: held ? ("held" as const) : ("queued" as const), error: held ?? null };
      const isWaitingForConsent = sql`${conversionUploads.status} = 'held' and ${conversionUploads.error} = 'no_consent'`;
      const written = await tx
        .insert(conversionUploads)
        .values({
          id: newId(),
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
          target: [conversionUploads.conversionActionId, conversionUploads.transactionId],
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
