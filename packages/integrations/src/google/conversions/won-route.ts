import { type ApiRoute, apiRoute, contentHash, eventId } from "@millrace/core";
import { z } from "zod";
import { wonBody } from "./sale-body.ts";
import type { RouteConfig } from "../config.ts";
import { MAX_BODY_BYTES } from "./conversion-route.ts";
import { saleAnswer, saleOf } from "./sale.ts";

/** Kind of the event that a lead or a conversation that was won becomes. */
export const WON = "won";

/** Whose click it was that led to the sale. */
export type WonSubject = "lead" | "conversation";

/** Where a lead or a conversation is marked as won. */
export function wonPath(subject: WonSubject, id: string): `/${string}` {
  return `/api/${subject}s/${encodeURIComponent(id)}/won`;
}

/**
 * The route by which a lead or a conversation is marked as won. Whether there is one, and what click it carries, only the
 * worker can see. Told again it is the same event, unless its caller names another transaction or says otherwise of
 * consent.
 */
export function wonRoute(subject: WonSubject, config: RouteConfig): ApiRoute {
  return apiRoute({
    paths: [`/api/${subject}s/:id/won`],
    summary: `Mark a ${subject} as won`,
    description:
      `Reports the sale to Google Ads by the click id that the ${subject} carries. One that carries none, or is not ` +
      `there, becomes a dead letter with that reason. A ${subject} is won once, or once for each \`transactionId\`.\n\n` +
      "While uploads are switched off it is kept as `held`, and the answer is 200.",
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "inbound",
    // However it is spelled it is one row, and one sale.
    params: z.strictObject({
      id: z
        .uuid()
        .toLowerCase()
        .meta({ description: `Row of the table \`${subject}s\`.` }),
    }),
    body: wonBody,
    status: config.enabled ? 202 : 200,
    response: saleAnswer,
    accept(body, { now, params }) {
      const { transactionId = `${subject}-${params.id}` } = body;
      const sale = saleOf(body, config, now);
      // With consent it is told again to go on, where it is held without.
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
