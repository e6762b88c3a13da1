import type { Environment, Sample } from "@millrace/core";
import { sendSample } from "../shared/send-sample.ts";
import { CONVERSION_PATH } from "./route.ts";

/** A conversion as callers post it. `fields` may hold `gclid`, `value`, `currency` and `transactionId`. */
export function googleSamples(
  environment: Environment,
  now: Date,
  fields: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const { gclid = `sample-click-${now.getTime()}`, value = "49.90", currency = "EUR", transactionId } = fields;
  const consent = { adUserData: "granted", adPersonalization: "granted" };
  const conversion = { gclid, timestamp: now.toISOString(), value, currency, transactionId, consent };
  return { conversion: sendSample(environment, CONVERSION_PATH, conversion) };
}
