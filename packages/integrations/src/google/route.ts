import { type ApiRoute, apiRoute, contentHash, type Conversion, eventId, FieldProblem } from "@millrace/core";
import { z } from "zod";
import { clickOf, type ConversionBody, conversionBody } from "./body.ts";
import type { RouteConfig } from "./config.ts";
import { hashed, normalEmail, normalPhone } from "./user-data.ts";

/** Kind of the event that a conversion becomes. */
export const CONVERSION = "conversion";

/** Where conversions are posted to. */
export const CONVERSION_PATH = "/api/integrations/google/offline-conversion";

const MAX_BODY_BYTES = 16_384;

/** How far a caller's clock may be before ours, in ms. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/**
 * The route by which the site or the CRM tells of a sale. The same sale told twice is one event. E-mail address and phone
 * number are hashed before there is an event: no queue, no log and no table ever has them.
 */
export function conversionRoute(config: RouteConfig): ApiRoute {
  return apiRoute({
    paths: [CONVERSION_PATH],
    summary: "Report a sale to Google Ads",
    description:
      "Queues an offline conversion. A sale is known by its transaction id, or else by its click, time, value and " +
      "currency: told again, it is not uploaded again.\n\nWhile uploads are switched off it is kept as `held`, and the " +
      "answer is 200.",
    proof: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "inbound",
    body: conversionBody,
    status: config.enabled ? 202 : 200,
    answer: z.strictObject({
      accepted: z.literal(true),
      id: z.string().meta({ description: "What `millrace trace` takes to tell where the conversion is." }),
      transactionId: z.string(),
      held: z.literal(true).optional().meta({ description: "It is kept and not uploaded." }),
    }),
    accept(body, { now }) {
      if (new Date(body.timestamp).getTime() > now.getTime() + CLOCK_DIFFERENCE_MS)
        throw new FieldProblem("timestamp", "must not be in the future");
      const conversion = conversionOf(body, config);
      const { actionId, transactionId, consent } = conversion;
      // Of the two it is this one without which Google may not use what is uploaded.
      const held = !config.enabled || (config.holdsWithoutConsent && consent.adUserData === undefined);
      const id = eventId(CONVERSION, actionId, contentHash(transactionId));
      return {
        events: [{ id, kind: CONVERSION, payload: { ...conversion, tenant: body.tenant, held } }],
        body: { accepted: true, id, transactionId, ...(held ? { held } : {}) },
      };
    },
  });
}

function conversionOf(body: ConversionBody, config: RouteConfig): Conversion {
  const click = clickOf(body);
  const { timestamp, value, currency, consent = {} } = body;
  const moment = new Date(timestamp).toISOString();
  const email = body.email === undefined ? undefined : normalEmail(body.email);
  const phone = body.phone === undefined ? undefined : normalPhone(body.phone);
  return {
    transactionId: body.transactionId ?? contentHash([click, moment, shortest(value), currency]),
    accountId: config.accountId,
    actionId: body.conversionAction ?? config.actionId,
    click,
    convertedAt: timestamp,
    value,
    currency,
    emailHash: email && hashed(email),
    phoneHash: phone && hashed(phone),
    consent,
    eventSource: body.eventSource ?? config.eventSource,
  };
}

/** A decimal without the zeros that change nothing: 12.50 is 12.5. */
function shortest(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
