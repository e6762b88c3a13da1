import { type ApiRoute, apiRoute, contentHash, defaultTransactionId, eventId } from "@millrace/core";
import { z } from "zod";
import { wonBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";
import { MAX_BODY_BYTES } from "./conversion-route.ts";
import { saleResponse, saleOf } from "./sale.ts";

/** The kind of the event that a won lead or conversation becomes. */
export const WON = "won";

/** The row that has the click id of the sale. */
export type WonSubject = "lead" | "conversation";

/** The path that marks a lead or conversation as won. */
export function wonPath(subject: WonSubject, id: string): `/${string}` {
  return `/api/${subject}s/${encodeURIComponent(id)}/won`;
}

/**
 * The route that marks a lead or conversation as won. Only the worker can read the row and its click id. A repeated
 * request is the same event, unless its transaction id or consent differs.
 */
export function wonRoute(subject: WonSubject, config: RouteConfig): ApiRoute {
  return apiRoute({
    paths: [`/api/${subject}s/:id/won`],
    summary: `Mark a ${subject} as won`,
    description:
      `Reports the sale to Google Ads with the click id of the ${subject}. If the ${subject} does not exist, the event ` +
      "becomes a dead letter with that reason. If it has no click id, the event that follows, of the kind `sale`, becomes " +
      `a dead letter. A ${subject} is won once, or once for each ` +
      "`transactionId`.\n\nWhile uploads are switched off, the sale is kept as `held` and the status is 200.",
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "inbound",
    // An id in upper case is the same row and the same sale.
    params: z.strictObject({
      id: z
        .uuid()
        .toLowerCase()
        .meta({ description: `The id of a row in the table \`${subject}s\`.` }),
    }),
    body: wonBody,
    examples: [
      { summary: "A sale", body: { value: "49.90", currency: "EUR" } },
      { summary: "One of several sales", body: { value: 20, currency: "EUR", transactionId: "order-4712" } },
    ],
    status: config.enabled ? 202 : 200,
    holdsWhenOff: true,
    response: saleResponse,
    accept(body, { now, params }) {
      const { transactionId = defaultTransactionId(subject, params.id) } = body;
      const sale = saleOf(body, config, now);
      // The id contains the consent, so that a request with consent releases a sale that is held without it.
      const id = eventId(WON, sale.actionId, contentHash([params.id, transactionId, sale.consent]));
      const { enabled, holdsWithoutConsent } = config;
      return {
        events: [
          {
            id,
            kind: WON,
            payload: { ...sale, transactionId, subject, subjectId: params.id, enabled, holdsWithoutConsent },
          },
        ],
        body: { accepted: true, id, transactionId, ...(enabled ? {} : { held: true }) },
      };
    },
  });
}
