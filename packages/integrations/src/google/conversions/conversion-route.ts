import { type ApiRoute, apiRoute, contentHash, type Conversion, eventId } from "@millrace/core";
import { clickOf, type ConversionBody, conversionBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";
import { heldFor, saleAnswer, saleOf } from "./sale.ts";
import { hashed, normalEmail, normalPhone } from "./user-data.ts";

/** Kind of the event that a conversion becomes. */
export const CONVERSION = "conversion";

/** Where conversions are posted to. */
export const CONVERSION_PATH = "/api/integrations/google/offline-conversion";

/** Largest body of a sale. */
export const MAX_BODY_BYTES = 16_384;

/**
 * The route by which the site or the CRM tells of a sale. The same sale told twice is one event, and one row also where
 * its tenant or consent is told otherwise. E-mail address and phone number are hashed before there is an event: no queue,
 * no log and no table ever has them.
 */
export function conversionRoute(config: RouteConfig): ApiRoute {
  return apiRoute({
    paths: [CONVERSION_PATH],
    summary: "Report a sale to Google Ads",
    description:
      "Queues an offline conversion. A sale is known by its transaction id, or else by its click, time, value and " +
      "currency: told again, it is not uploaded again.\n\nWhile uploads are switched off it is kept as `held`, and the " +
      "answer is 200.",
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "inbound",
    body: conversionBody,
    status: config.enabled ? 202 : 200,
    response: saleAnswer,
    accept(body, { now }) {
      const conversion = conversionOf(body, config, now);
      const { actionId, transactionId, consent } = conversion;
      const held = heldFor(consent, config.holdsWithoutConsent, config.enabled);
      // Told again with the right tenant it is not taken for the one that died of the wrong one, nor with consent for the
      // one that is held without.
      const id = eventId(CONVERSION, actionId, contentHash([transactionId, body.tenant ?? "", consent]));
      return {
        events: [{ id, kind: CONVERSION, payload: { ...conversion, tenant: body.tenant, held } }],
        body: { accepted: true, id, transactionId, ...(held ? { held: true } : {}) },
      };
    },
  });
}

function conversionOf(body: ConversionBody, config: RouteConfig, now: Date): Conversion {
  const sale = saleOf(body, config, now);
  const click = clickOf(body);
  const moment = new Date(sale.convertedAt).toISOString();
  const email = body.email === undefined ? undefined : normalEmail(body.email);
  const phone = body.phone === undefined ? undefined : normalPhone(body.phone);
  return {
    ...sale,
    transactionId: body.transactionId ?? contentHash([click, moment, shortest(body.value), body.currency]),
    click,
    emailHash: email && hashed(email),
    phoneHash: phone && hashed(phone),
  };
}

/** A decimal without the zeros that change nothing: 12.50 is 12.5. */
function shortest(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
