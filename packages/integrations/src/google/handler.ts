import { type EventHandler, type InboundEvent, permanent, type Write } from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../shared/parse-payload.ts";
import { CONVERSION } from "./route.ts";

const consentWord = z.enum(["granted", "denied"]).optional();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A conversion as the route made it. */
const conversionPayload = z.object({
  transactionId: z.string().min(1),
  accountId: z.string().min(1),
  actionId: z.string().min(1),
  click: z.object({ kind: z.enum(["gclid", "gbraid", "wbraid"]), id: z.string().min(1) }),
  convertedAt: z.iso.datetime({ offset: true }),
  value: z.string().optional(),
  currency: z.string().optional(),
  emailHash: hash.optional(),
  phoneHash: hash.optional(),
  consent: z.object({ adUserData: consentWord, adPersonalization: consentWord }),
  eventSource: z.string().min(1),
  /** Name of the tenant whose it is; absent: the account's. */
  tenant: z.string().optional(),
  held: z.boolean(),
});

/** The work behind the route: a conversion becomes a row, from which the upload takes it. */
export const googleHandler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  async handle(event) {
    if (event.kind !== CONVERSION) throw permanent(`no such kind of event: ${event.kind}`);
    return conversionWrite(event);
  },
};

function conversionWrite(event: InboundEvent): Write {
  const { tenant, held, ...conversion } = parsePayload(conversionPayload, event.payload);
  return async (stores) => {
    const tenantId =
      tenant === undefined
        ? await stores.sources.tenantOf("google", "account", conversion.accountId)
        : await stores.tenants.named(tenant);
    const added = await stores.conversions.add({ ...conversion, tenantId, held });
    if (!added) return { result: "ignored", detail: "uploaded before" };
    return held ? { result: "written", detail: "held" } : { result: "written" };
  };
}
