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
} from "@millrace/core";
import { clickInFields } from "../../shared/click-id.ts";
import { parsePayload } from "../../shared/parse-payload.ts";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";
import { tokenFor } from "../../shared/meta/graph.ts";
import type { HandlerConfig } from "../config.ts";
import { type FetchedLead, fetchLead } from "../graph/client.ts";
import { answersOf, consentsOf, dateOfGraphTime, isTestLead, type Person, personOf } from "./graph-lead.ts";
import { isDashboardTest, type LeadNotice, leadNoticeSchema } from "./leadgen-change.ts";

/** The work behind Meta's webhook: a notification names a lead, the lead itself is fetched. */
export function metaHandler(config: HandlerConfig): EventHandler {
  return {
    callsProvider: true,
    scopes(event) {
      const notice = leadNoticeSchema.safeParse(event.payload);
      return notice.success ? Object.values(scopesOf(notice.data)) : [];
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

function scopesOf({ page_id, leadgen_id }: LeadNotice): { pageScope: string; leadScope: string } {
  return { pageScope: `meta:page:${page_id}`, leadScope: `meta:lead:${leadgen_id}` };
}

async function handleLead(event: InboundEvent, config: HandlerConfig, context: AdapterContext): Promise<Write> {
  const notice = parsePayload(leadNoticeSchema, event.payload);
  if (isDashboardTest(notice.leadgen_id)) return () => Promise.resolve({ result: "ignored", detail: "ignored_test" });

  // Before the call: nobody's page has no token to call with, and Meta would only answer that something is forbidden.
  await context.accounts.tenantOf("meta", "page", notice.page_id);
  const scopes = scopesOf(notice);
  const token = tokenFor(config.pageTokens, notice.page_id);
  if (token === undefined)
    throw new ProviderError(
      `META_PAGE_ACCESS_TOKEN has no token for page ${notice.page_id}`,
      { kind: "paused", scope: scopes.pageScope },
      { code: "no_token" },
    );
  const receivedAt = new Date(event.receivedAt);
  const fetched = await fetchLead(
    {
      graphBaseUrl: config.graphBaseUrl,
      leadgenId: notice.leadgen_id,
      token,
      call: { ...scopes, receivedAt },
    },
    context,
  );
  return leadWrite(notice, receivedAt, fetched);
}

function leadWrite(notice: LeadNotice, receivedAt: Date, { lead, raw, complete }: FetchedLead): Write {
  const answers = answersOf(lead);
  const person = personOf(answers);
  const { fullName, email, phone } = person;
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("meta", "page", notice.page_id);
    const contactId = await stores.contacts.resolve(tenantId, identitiesOf(person, notice.leadgen_id), {
      name: fullName,
      email,
      phone,
    });
    await stores.leads.add({
      tenantId,
      contactId,
      source: "Meta",
      externalId: notice.leadgen_id,
      pageId: notice.page_id,
      formId: lead.form_id ?? notice.form_id,
      adId: lead.ad_id ?? notice.ad_id,
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
      click: clickInFields(answers),
      submittedAt: dateOfGraphTime(lead.created_time) ?? dateOfUnixSeconds(notice.created_time) ?? receivedAt,
      payload: raw,
    });
    return complete ? { result: "written" } : { result: "written", detail: "without_ad_fields" };
  };
}

/**
 * The address decides and the number follows: a form with one person's address and another's number does not make them
 * one. Who left neither is known by the lead alone.
 */
function identitiesOf({ email, phone }: Person, leadgenId: string): readonly [Identity, ...Identity[]] {
  const [first, ...others] = [
    ...(email === undefined ? [] : [{ channel: "email", externalId: email, stable: true } as const]),
    ...(phone === undefined ? [] : [{ channel: "phone", externalId: phone, stable: false } as const]),
  ];
  return first ? [first, ...others] : [{ channel: "meta", externalId: leadgenId, stable: true }];
}
