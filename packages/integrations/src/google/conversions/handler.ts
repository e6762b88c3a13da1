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
} from "@millrace/core";
import { z } from "zod";
import { CLICK_KINDS } from "../../shared/click-id.ts";
import { parsePayload } from "../../shared/parse-payload.ts";
import { CONVERSION } from "./conversion-route.ts";
import { heldFor } from "./sale.ts";
import { WON } from "./won-route.ts";

const consentWord = z.enum(["granted", "denied"]).optional();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A sale as its route made it. */
const salePayload = z.object({
  transactionId: z.string().min(1),
  accountId: z.string().min(1),
  actionId: z.string().min(1),
  convertedAt: z.iso.datetime({ offset: true }),
  value: z.string().optional(),
  currency: z.string().optional(),
  consent: z.object({ adUserData: consentWord, adPersonalization: consentWord }),
  eventSource: z.string().min(1),
});

const conversionPayload = salePayload.extend({
  held: z.enum(HELD_REASONS).optional(),
  click: z.object({ kind: z.enum(CLICK_KINDS), id: z.string().min(1) }),
  emailHash: hash.optional(),
  phoneHash: hash.optional(),
  /** Name of the tenant whose it is; absent: the account's. */
  tenant: z.string().optional(),
});

const wonPayload = salePayload.extend({
  subject: z.enum(["lead", "conversation"]),
  subjectId: z.uuid(),
  /** Whether uploads were switched on, and whether it is held where nobody said that the person's data may be used. */
  enabled: z.boolean(),
  holdsWithoutConsent: z.boolean(),
});

/** The work behind the routes: a sale becomes a row, from which the upload takes it. */
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
        throw permanent(`no such kind of event: ${event.kind}`);
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
    if (!click) throw permanent(`the ${subject} carries no click id`, "no_click");
    const consent = "consents" in found ? { ...consentOf(found.consents), ...sale.consent } : sale.consent;
    return add(stores, {
      ...sale,
      tenantId,
      click,
      consent,
      held: heldFor(consent, holdsWithoutConsent, enabled),
      ...(subject === "lead" ? { leadId: subjectId } : { conversationId: subjectId }),
    });
  };
}

async function add(stores: Stores, conversion: NewConversion): Promise<Outcome> {
  if (!(await stores.conversions.add(conversion))) return { result: "ignored", detail: "uploaded before" };
  return conversion.held ? { result: "written", detail: `held: ${conversion.held}` } : { result: "written" };
}

/** What a form's boxes of consent say, where they are named as Google names them; a box left empty is a refusal. */
function consentOf(boxes: Readonly<Record<string, boolean>>): Conversion["consent"] {
  const word = (box: boolean | undefined) => {
    if (box === undefined) return undefined;
    return box ? "granted" : "denied";
  };
  return { adUserData: word(boxes["ad_user_data"]), adPersonalization: word(boxes["ad_personalization"]) };
}
