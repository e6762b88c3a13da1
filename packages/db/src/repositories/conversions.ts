import type { ConversionStore, NewId } from "@millrace/core";
import type { Executor } from "../database.ts";
import { conversionUploads } from "../schema/index.ts";

/** {@link ConversionStore} on the table conversion_uploads. */
export function conversionStore(tx: Executor, newId: NewId): ConversionStore {
  return {
    async add({ tenantId, held, leadId, conversationId, ...conversion }) {
      const { transactionId, accountId, actionId, convertedAt, value, currency } = conversion;
      const added = await tx
        .insert(conversionUploads)
        .values({
          id: newId(),
          tenantId,
          leadId: leadId ?? null,
          conversationId: conversationId ?? null,
          transactionId,
          accountId,
          conversionActionId: actionId,
          status: held ? "held" : "queued",
          error: held ?? null,
          value: value ?? null,
          currency: currency ?? null,
          convertedAt: new Date(convertedAt),
          payload: conversion,
        })
        .onConflictDoNothing()
        .returning({ id: conversionUploads.id });
      return added.length > 0;
    },
  };
}
