import { type Conversion, InvalidFieldError, type HeldReason } from "@millrace/core";
import { z } from "zod";
import type { SaleBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";

/** How far the caller's clock may be ahead of ours, in ms. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/** The fields that all sales share: those of the body, or else of the configuration. Throws InvalidFieldError. */
export function saleOf(
  body: Omit<SaleBody, "timestamp"> & { timestamp?: string | undefined },
  config: RouteConfig,
  now: Date,
): Omit<Conversion, "transactionId" | "click"> {
  const { timestamp = now.toISOString(), value, currency, consent = {} } = body;
  if (new Date(timestamp).getTime() > now.getTime() + CLOCK_DIFFERENCE_MS)
    throw new InvalidFieldError("timestamp", "must not be in the future");
  return {
    accountId: config.accountId,
    actionId: body.conversionAction ?? config.actionId,
    convertedAt: timestamp,
    value,
    currency,
    consent,
    eventSource: body.eventSource ?? config.eventSource,
  };
}

/**
 * The reason to hold a sale, or undefined. Missing consent comes first, so that the sale is still held after uploads are
 * switched on. Only `adUserData` counts: without it Google may not use the uploaded data.
 */
export function heldReason(
  consent: Conversion["consent"],
  needsConsent: boolean,
  enabled: boolean,
): HeldReason | undefined {
  if (needsConsent && consent.adUserData === undefined) return "no_consent";
  return enabled ? undefined : "switched_off";
}

/** The response to a reported sale. */
export const saleResponse = z.strictObject({
  accepted: z.literal(true),
  id: z.string().meta({ description: "The id for `millrace trace`, which shows the status of the conversion." }),
  transactionId: z.string(),
  held: z.literal(true).optional().meta({ description: "The conversion is kept and not uploaded." }),
});
