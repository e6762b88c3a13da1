import type { Environment, Sample } from "@millrace/core";
import { sendSample } from "../shared/send/sample.ts";
import { CONVERSION_PATH } from "./conversions/conversion-route.ts";
import { type WonSubject, wonPath } from "./conversions/won-route.ts";

/** An unknown conversation: without a field that names an existing one, the sample becomes a dead letter. */
const CONVERSATION_ID = "019ab000-0000-7000-8000-00000000000c";

/**
 * Sample sales as callers post them. `fields` may have `value`, `currency` and `transactionId`, `gclid` for a conversion,
 * and `leadId` or `conversationId` for a won sale.
 */
export function googleSamples(
  environment: Environment,
  now: Date,
  fields: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const { gclid = `sample-click-${now.getTime()}`, value = "49.90", currency = "EUR", transactionId } = fields;
  const { leadId, conversationId = CONVERSATION_ID } = fields;
  const consent = { adUserData: "granted", adPersonalization: "granted" };
  const sale = { value, currency, transactionId, consent };
  const won: [WonSubject, string] = leadId === undefined ? ["conversation", conversationId] : ["lead", leadId];
  return {
    conversion: sendSample(environment, CONVERSION_PATH, { gclid, timestamp: now.toISOString(), ...sale }),
    won: sendSample(environment, wonPath(...won), sale),
  };
}
