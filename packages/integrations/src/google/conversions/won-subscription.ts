import {
  contentHash,
  type Conversion,
  type DomainEvent,
  eventId,
  type ParsedEvent,
  type Subscriptions,
} from "@millrace/core";
import type { RouteConfig } from "../config.ts";
import { heldReason } from "./sale.ts";

/** The kind of the event that the sale of a won lead or conversation becomes. */
export const SALE = "sale";

/**
 * Turns won leads and conversations into sales. What the route of Google accepted with the sale takes precedence over the
 * configuration.
 */
export function wonSubscriptions(config: RouteConfig): Subscriptions {
  return {
    "lead.won": (event) => saleEvent("lead", event, config),
    "conversation.won": (event) => saleEvent("conversation", event, config),
  };
}

function saleEvent(
  subject: "lead" | "conversation",
  { tenantId, subjectId, payload }: DomainEvent<"lead.won" | "conversation.won">,
  config: RouteConfig,
): ParsedEvent {
  const { sale, consents, reportedBy } = payload;
  const { transactionId, wonAt, value, currency, details } = sale;
  const accepted = { ...config, ...(details?.["google"] as Partial<RouteConfig> | undefined) };
  const { accountId, actionId, eventSource, enabled, holdsWithoutConsent } = accepted;
  const consent = { ...consentOf(consents), ...sale.consent };
  return {
    // As the id of the request, it contains the consent, so that a request with consent releases a held sale.
    id: eventId(SALE, actionId, contentHash([subjectId, transactionId, consent])),
    kind: SALE,
    payload: {
      transactionId,
      accountId,
      actionId,
      eventSource,
      convertedAt: wonAt,
      value,
      currency,
      consent,
      held: heldReason(consent, holdsWithoutConsent, enabled),
      tenantId,
      subject,
      subjectId,
      reportedBy,
    },
  };
}

/** The consent in a form's boxes that have Google's names. An unchecked box is denied consent. */
function consentOf(boxes: Readonly<Record<string, boolean>>): Conversion["consent"] {
  const status = (box: boolean | undefined) => {
    if (box === undefined) return undefined;
    return box ? "granted" : "denied";
  };
  return { adUserData: status(boxes["ad_user_data"]), adPersonalization: status(boxes["ad_personalization"]) };
}
