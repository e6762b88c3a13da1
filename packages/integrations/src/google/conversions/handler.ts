import {
  type ConversionFact,
  type EventHandler,
  type Handled,
  HELD_REASONS,
  type InboundEvent,
  parsePayload,
  permanent,
  written,
} from "@millrace/core";
import { z } from "zod";
import { CLICK_KINDS } from "../../shared/click-id.ts";
import { CONVERSION } from "./conversion-route.ts";
import { SALE } from "./won-subscription.ts";
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

const held = z.enum(HELD_REASONS).optional();
const click = z.object({ kind: z.enum(CLICK_KINDS), id: z.string().min(1) });
const subject = z.enum(["lead", "conversation"]);

const conversionPayload = salePayload.extend({
  held,
  click,
  emailHash: hash.optional(),
  phoneHash: hash.optional(),
  /** The name of the tenant. Without it, the tenant that owns the account. */
  tenant: z.string().optional(),
});

const wonPayload = salePayload.extend({
  subject,
  subjectId: z.uuid(),
  /** Whether uploads were switched on, and whether a sale without consent is held. */
  enabled: z.boolean(),
  holdsWithoutConsent: z.boolean(),
});

const soldPayload = salePayload.extend({
  held,
  tenantId: z.uuid(),
  subject,
  subjectId: z.uuid(),
  reportedBy: z.string().optional(),
});

/** Handles the events of the routes and the sales of won leads: a sale becomes a row, which the upload reads. */
export const googleHandler: EventHandler = {
  handle(event) {
    switch (event.kind) {
      case CONVERSION:
        return handleConversion(event);
      case WON:
        return handleWon(event);
      case SALE:
        return handleSale(event);
      default:
        throw permanent(`unknown event kind: ${event.kind}`);
    }
  },
};

function handleConversion(event: InboundEvent): Handled {
  const { tenant, held, ...conversion } = parsePayload(conversionPayload, event.payload);
  const owner = { provider: "google", noun: "account", externalId: conversion.accountId };
  return written({
    fact: "conversion",
    integration: event.integration,
    tenant: tenant === undefined ? { owner } : { name: tenant },
    conversion,
    held,
  });
}

function handleWon(event: InboundEvent): Handled {
  const { subject, subjectId, convertedAt, transactionId, value, currency, consent, ...details } = parsePayload(
    wonPayload,
    event.payload,
  );
  const sale = { transactionId, wonAt: convertedAt, value, currency, consent, details: { google: details } };
  return written({ fact: "won", subject, subjectId, sale });
}

function handleSale(event: InboundEvent): Handled {
  const { held, tenantId, subject, subjectId, reportedBy, ...sale } = parsePayload(soldPayload, event.payload);
  const conversion: ConversionFact = {
    fact: "conversion",
    integration: event.integration,
    tenant: { id: tenantId },
    conversion: sale,
    held,
    won: { subject, subjectId },
    reportedBy,
  };
  return written(conversion);
}
