import {
  type AccountReference,
  type EventHandler,
  type FetchPorts,
  type Handled,
  type Identity,
  type InboundEvent,
  parsePayload,
  ProviderError,
  retryable,
  written,
} from "@millrace/core";
import { findClickIdInFields } from "../../shared/click-id.ts";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";
import { tokenFor } from "../../shared/meta/graph-tokens.ts";
import type { HandlerConfig } from "../config.ts";
import { type FetchedLead, fetchLead } from "./fetch-lead.ts";
import { answersOf, consentsOf, isTestLead, parseGraphTime, type Person, personOf } from "./graph-lead.ts";
import { isDashboardTest, type LeadgenNotification, leadgenNotificationSchema } from "./leadgen-change.ts";

/** Handles Meta's webhook events. The webhook only names a lead; the fetch gets the lead from Graph. */
export function metaHandler(config: HandlerConfig): EventHandler<FetchedLead> {
  return {
    scopes(event) {
      const notification = leadgenNotificationSchema.safeParse(event.payload);
      return notification.success ? Object.values(scopesOf(notification.data)) : [];
    },
    fetch(event) {
      if (event.kind !== "lead") return undefined;
      const notification = parsePayload(leadgenNotificationSchema, event.payload);
      if (isDashboardTest(notification.leadgen_id)) return undefined;
      return (ports) => fetchNotifiedLead(notification, new Date(event.receivedAt), config, ports);
    },
    handle(event, fetched) {
      switch (event.kind) {
        case "lead":
          return handleLead(event, fetched);
        default:
          return { result: "unhandled", facts: [] };
      }
    },
  };
}

function scopesOf({ page_id, leadgen_id }: LeadgenNotification): { pageScope: string; leadScope: string } {
  return { pageScope: `meta:page:${page_id}`, leadScope: `meta:lead:${leadgen_id}` };
}

function pageAccount({ page_id: externalId }: LeadgenNotification): AccountReference {
  return { provider: "meta", noun: "page", externalId };
}

async function fetchNotifiedLead(
  notification: LeadgenNotification,
  receivedAt: Date,
  config: HandlerConfig,
  ports: FetchPorts,
): Promise<FetchedLead> {
  // The tenant is resolved before the call: a page without a tenant has no token, and Meta would return a permission error.
  await ports.accounts.tenantOf(pageAccount(notification));
  const scopes = scopesOf(notification);
  const token = tokenFor(config.pageTokens, notification.page_id);
  if (token === undefined)
    throw new ProviderError(
      `META_PAGE_ACCESS_TOKEN has no token for page ${notification.page_id}`,
      { kind: "paused", scope: scopes.pageScope },
      { code: "no_token" },
    );
  const { graphBaseUrl } = config;
  const leadgenId = notification.leadgen_id;
  return fetchLead({ graphBaseUrl, leadgenId, token, call: { ...scopes, receivedAt } }, ports);
}

function handleLead(event: InboundEvent, fetched: FetchedLead | undefined): Handled {
  const notification = parsePayload(leadgenNotificationSchema, event.payload);
  if (isDashboardTest(notification.leadgen_id)) return { result: "ignored", detail: "ignored_test", facts: [] };
  if (!fetched) throw retryable("the lead was not fetched");
  const { lead, raw, complete } = fetched;
  const answers = answersOf(lead);
  const person = personOf(answers);
  const { fullName, email, phone } = person;
  const submittedAt =
    parseGraphTime(lead.created_time) ?? dateOfUnixSeconds(notification.created_time) ?? new Date(event.receivedAt);
  const handled = written({
    fact: "lead",
    owner: pageAccount(notification),
    person: {
      identities: identitiesOf(person, notification.leadgen_id),
      profile: { name: fullName, email, phone },
    },
    lead: {
      source: "Meta",
      externalId: notification.leadgen_id,
      pageId: notification.page_id,
      formId: lead.form_id ?? notification.form_id,
      adId: lead.ad_id ?? notification.ad_id,
      adName: lead.ad_name,
      adsetId: lead.adset_id,
      adsetName: lead.adset_name,
      campaignId: lead.campaign_id,
      campaignName: lead.campaign_name,
      platform: lead.platform,
      isOrganic: lead.is_organic,
      isTest: isTestLead(answers),
      ...person,
      answers,
      consents: consentsOf(lead),
      click: findClickIdInFields(answers),
      submittedAt,
      payload: raw,
    },
  });
  return complete ? handled : { ...handled, result: "written", detail: "without_ad_fields" };
}

/**
 * The identities of a lead's person. The e-mail address is stable and decides; the phone number can move. So a form with
 * one person's address and another's number does not merge the two. A lead without either has its own id as identity.
 */
function identitiesOf({ email, phone }: Person, leadgenId: string): readonly [Identity, ...Identity[]] {
  const [first, ...others] = [
    ...(email === undefined ? [] : [{ channel: "email", externalId: email, stable: true } as const]),
    ...(phone === undefined ? [] : [{ channel: "phone", externalId: phone, stable: false } as const]),
  ];
  return first ? [first, ...others] : [{ channel: "meta", externalId: leadgenId, stable: true }];
}
