import { type ApiRoute, apiRoute, contentHash, type Conversion, eventId } from "@millrace/core";
import { clickOf, type ConversionBody, conversionBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";
import { heldReason, saleResponse, saleOf } from "./sale.ts";
import { sha256Hex, normalizeEmail, normalizePhone } from "./user-data.ts";

/** The kind of the event that a conversion becomes. */
export const CONVERSION = "conversion";

/** The path of the route. */
export const CONVERSION_PATH = "/api/integrations/google/offline-conversion";

/** The largest body of a sale, in bytes. */
export const MAX_BODY_BYTES = 16_384;

/**
 * The route by which a site or a CRM reports a sale. A repeated sale is one event. If only its tenant or consent differs,
 * it is another event for the same row. The e-mail address and phone number are hashed before there is an event, so that
 * no queue, log or table contains them.
 */
export function conversionRoute(config: RouteConfig): ApiRoute {
  return apiRoute({
    paths: [CONVERSION_PATH],
    summary: "Report a sale to Google Ads",
    description:
      "Queues an offline conversion. A sale is identified by its transaction id, or else by its click id, time, value " +
      "and currency. A repeated sale is uploaded once.\n\nWhile uploads are switched off, the sale is kept as `held` " +
      "and the status is 200.",
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "inbound",
    body: conversionBody,
    examples: [
      {
        summary: "A sale with its order number",
        body: {
          gclid: "EAIaIQobChMI8dWz",
          timestamp: "2026-11-21T10:00:00+03:00",
          value: "49.90",
          currency: "EUR",
          transactionId: "order-4711",
          consent: { adUserData: "granted", adPersonalization: "granted" },
        },
      },
      {
        summary: "A sale with an e-mail address, without an order number",
        body: {
          gclid: "EAIaIQobChMI8dWz",
          timestamp: "2026-11-21T07:00:00Z",
          value: 12.5,
          currency: "usd",
          email: "ada@example.com",
          consent: { adUserData: "denied" },
        },
      },
    ],
    status: config.enabled ? 202 : 200,
    holdsWhenOff: true,
    response: saleResponse,
    accept(body, { now }) {
      const conversion = conversionOf(body, config, now);
      const { actionId, transactionId, consent } = conversion;
      const held = heldReason(consent, config.holdsWithoutConsent, config.enabled);
      // The id contains the tenant and the consent: a corrected request must not be taken for the one that failed or is held.
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
  const email = body.email === undefined ? undefined : normalizeEmail(body.email);
  const phone = body.phone === undefined ? undefined : normalizePhone(body.phone);
  return {
    ...sale,
    transactionId: body.transactionId ?? contentHash([click, moment, withoutTrailingZeros(body.value), body.currency]),
    click,
    emailHash: email && sha256Hex(email),
    phoneHash: phone && sha256Hex(phone),
  };
}

/** Removes the trailing zeros of a decimal: 12.50 becomes 12.5. */
function withoutTrailingZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
