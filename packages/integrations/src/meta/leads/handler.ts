import {
  type AdapterContext,
  type EventHandler,
  type Identity,
  type InboundEvent,
  permanent,
  ProviderError,
  UNREADABLE,
  unreadableSchema,
  type Write,
  parsePayload,
} from "@millrace/core";
import { findClickIdInFields } from "../../shared/click-id.ts";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";
import { tokenFor } from "../../shared/meta/graph-tokens.ts";
import type { HandlerConfig } from "../config.ts";
import { type FetchedLead, fetchLead } from "./fetch-lead.ts";
import { answersOf, consentsOf, parseGraphTime, isTestLead, type Person, personOf } from "./graph-lead.ts";
import { isDashboardTest, type LeadgenNotification, leadgenNotificationSchema } from "./leadgen-change.ts";

/** Handles Meta's webhook events. The webhook only names a lead; the handler fetches the lead from Graph. */
export function metaHandler(config: HandlerConfig): EventHandler {
  return {
    callsProvider: true,
    scopes(event) {
      const notification = leadgenNotificationSchema.safeParse(event.payload);
      return notification.success ? Object.values(scopesOf(notification.data)) : [];
    },
    async handle(event, context) {
      switch (event.kind) {
        case "lead":
          return handleLead(event, config, context);
        case UNREADABLE:
          throw permanent(parsePayload(unreadableSchema, event.payload).reason, UNREADABLE);
        default:
          return () => Promise.resolve({ result: "unhandled" });
      }
    },
  };
}

function scopesOf({ page_id, leadgen_id }: LeadgenNotification): { pageScope: string; leadScope: string } {
  return { pageScope: `meta:page:${page_id}`, leadScope: `meta:lead:${leadgen_id}` };
}

async function handleLead(event: InboundEvent, config: HandlerConfig, context: AdapterContext): Promise<Write> {
  const notification = parsePayload(leadgenNotificationSchema, event.payload);
  if (isDashboardTest(notification.leadgen_id))
    return () => Promise.resolve({ result: "ignored", detail: "ignored_test" });

  // The tenant is resolved before the call: a page without a tenant has no token, and Meta would return a permission error.
  await context.accounts.tenantOf("meta", "page", notification.page_id);
  const scopes = scopesOf(notification);
  const token = tokenFor(config.pageTokens, notification.page_id);
  if (token === undefined)
    throw new ProviderError(
      `META_PAGE_ACCESS_TOKEN has no token for page ${notification.page_id}`,
      { kind: "paused", scope: scopes.pageScope },
      { code: "no_token" },
    );
  const receivedAt = new Date(event.receivedAt);
  const fetched = await fetchLead(
    {
      graphBaseUrl: config.graphBaseUrl,
      leadgenId: notification.leadgen_id,
      token,
      call: { ...scopes, receivedAt },
    },
    context,
  );
  return leadWrite(notification, receivedAt, fetched);
}

function leadWrite(notification: LeadgenNotification, receivedAt: Date, { lead, raw, complete }: FetchedLead): Write {
  const answers = answersOf(lead);
  const person = personOf(answers);
  const { fullName, email, phone } = person;
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("meta", "page", notification.page_id);
    const contactId = await stores.contacts.resolve(tenantId, identitiesOf(person, notification.leadgen_id), {
      name: fullName,
      email,
      phone,
    });
    await stores.leads.add({
      tenantId,
      contactId,
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
      submittedAt: parseGraphTime(lead.created_time) ?? dateOfUnixSeconds(notification.created_time) ?? receivedAt,
      payload: raw,
    });
    return complete ? { result: "written" } : { result: "written", detail: "without_ad_fields" };
  };
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
