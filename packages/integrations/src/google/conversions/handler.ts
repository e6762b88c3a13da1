import {
  type Conversion,
  HELD_REASONS,
  type EventHandler,
  type InboundEvent,
  type NewConversion,
  type Outcome,
  permanent,
  type Stores,
  type Write,
  parsePayload,
} from "@millrace/core";
import { z } from "zod";
import { CLICK_KINDS } from "../../shared/click-id.ts";
import { CONVERSION } from "./conversion-route.ts";
import { heldReason } from "./sale.ts";
import { WON } from "./won-route.ts";

const consentStatus = z.enum(["granted", "denied"]).optional();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The fields of a sale in an event's payload. */
const salePayload = z.object({
  transactionId: z.string().min(1),
  accountId: z.string().min(1),
  actionId: z.string().min(1),
  convertedAt: z.iso.datetime({ offset: true }),
  value: z.string().optional(),
  currency: z.string().optional(),
  consent: z.object({ adUserData: consentStatus, adPersonalization: consentStatus }),
  eventSource: z.string().min(1),
});

const conversionPayload = salePayload.extend({
  held: z.enum(HELD_REASONS).optional(),
  click: z.object({ kind: z.enum(CLICK_KINDS), id: z.string().min(1) }),
  emailHash: hash.optional(),
  phoneHash: hash.optional(),
  /** The name of the tenant. Without it, the tenant that owns the account. */
  tenant: z.string().optional(),
});

const wonPayload = salePayload.extend({
  subject: z.enum(["lead", "conversation"]),
  subjectId: z.uuid(),
  /** Whether uploads were switched on, and whether a sale without consent is held. */
  enabled: z.boolean(),
  holdsWithoutConsent: z.boolean(),
});

/** Handles the events of the routes: a sale becomes a row, which the upload reads. */
export const googleHandler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  async handle(event) {
    switch (event.kind) {
      case CONVERSION:
        return conversionWrite(event);
      case WON:
        return wonWrite(event);
      default:
        throw permanent(`unknown event kind: ${event.kind}`);
    }
  },
};

function conversionWrite(event: InboundEvent): Write {
  const { tenant, held, ...conversion } = parsePayload(conversionPayload, event.payload);
  return async (stores) => {
    const tenantId =
      tenant === undefined
        ? await stores.accounts.tenantOf("google", "account", conversion.accountId)
        : await stores.tenants.findByName(tenant);
    return add(stores, { ...conversion, tenantId, held });
  };
}

function wonWrite(event: InboundEvent): Write {
  const { subject, subjectId, enabled, holdsWithoutConsent, ...sale } = parsePayload(wonPayload, event.payload);
  return async (stores) => {
    const found = await (subject === "lead" ? stores.leads.find(subjectId) : stores.conversations.find(subjectId));
    if (!found) throw permanent(`there is no such ${subject}`, "unknown");
    const { tenantId, click } = found;
    if (!click) throw permanent(`the ${subject} has no click id`, "no_click");
    const consent = "consents" in found ? { ...consentOf(found.consents), ...sale.consent } : sale.consent;
    return add(stores, {
      ...sale,
      tenantId,
      click,
      consent,
      held: heldReason(consent, holdsWithoutConsent, enabled),
      ...(subject === "lead" ? { leadId: subjectId } : { conversationId: subjectId }),
    });
  };
}

async function add(stores: Stores, conversion: NewConversion): Promise<Outcome> {
  if (!(await stores.conversions.add(conversion))) return { result: "ignored", detail: "uploaded before" };
  return conversion.held ? { result: "written", detail: `held: ${conversion.held}` } : { result: "written" };
}

/** The consent in a form's boxes that have Google's names. An unchecked box is denied consent. */
function consentOf(boxes: Readonly<Record<string, boolean>>): Conversion["consent"] {
  const status = (box: boolean | undefined) => {
    if (box === undefined) return undefined;
    return box ? "granted" : "denied";
  };
  return { adUserData: status(boxes["ad_user_data"]), adPersonalization: status(boxes["ad_personalization"]) };
}
