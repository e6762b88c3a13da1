import { type Conversion, InvalidFieldError, type HeldReason } from "@millrace/core";
import { z } from "zod";
import type { SaleBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";

/** How far a caller's clock may be before ours, in ms. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/** What is the same of every sale: what its body tells, and what is set where it does not. Throws FieldProblem. */
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
 * What a sale is held for. Missing consent before a switch, so that it is still held once that is on. Of the two words
 * of consent it is this one without which Google may not use what is uploaded.
 */
export function heldFor(
  consent: Conversion["consent"],
  needsConsent: boolean,
  enabled: boolean,
): HeldReason | undefined {
  if (needsConsent && consent.adUserData === undefined) return "no_consent";
  return enabled ? undefined : "switched_off";
}

/** What the caller is told of a sale. */
export const saleAnswer = z.strictObject({
  accepted: z.literal(true),
  id: z.string().meta({ description: "What `millrace trace` takes to tell where the conversion is." }),
  transactionId: z.string(),
  held: z.literal(true).optional().meta({ description: "It is kept and not uploaded." }),
});
