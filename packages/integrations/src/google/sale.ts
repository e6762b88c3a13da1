import { type Conversion, FieldProblem } from "@millrace/core";
import { z } from "zod";
import type { SaleBody } from "./body.ts";
import type { RouteConfig } from "./config.ts";

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
    throw new FieldProblem("timestamp", "must not be in the future");
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

/** Whether consent is missing: of the two it is this one without which Google may not use what is uploaded. */
export function lacksConsent({ adUserData }: Conversion["consent"]): boolean {
  return adUserData === undefined;
}

/** What the caller is told of a sale. */
export const saleAnswer = z.strictObject({
  accepted: z.literal(true),
  id: z.string().meta({ description: "What `millrace trace` takes to tell where the conversion is." }),
  transactionId: z.string(),
  held: z.literal(true).optional().meta({ description: "It is kept and not uploaded." }),
});
