import { z } from "zod";
import type { Click } from "@millrace/core";
import { CLICK_ID, CLICK_KINDS } from "../../shared/click-id.ts";
import { EVENT_SOURCES } from "../config.ts";
import { looksPersonal, normalEmail, normalPhone } from "./user-data.ts";

const clickId = z
  .string()
  .regex(CLICK_ID, "must be a click id as Google put it into the landing page's address")
  .optional();

/** As much as the table holds: numeric(18, 6). */
const DECIMAL = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,6})?$/;

/** Digits that a JSON number keeps for certain; of more, another number may have been meant. */
const SAFE_DIGITS = 15;

/** Money as a decimal. A JSON number has been parsed already: its shortest text is what was written, while it is short. */
const amount = z
  .union([z.string(), z.number()])
  .transform((given, context) => {
    const text = String(given);
    if (!DECIMAL.test(text))
      context.addIssue("must be a decimal of at most 12 digits before and 6 after the point, and not negative");
    else if (typeof given === "number" && text.replace(".", "").replace(/^0+/, "").length > SAFE_DIGITS)
      context.addIssue("has more digits than a JSON number keeps: send it as a text");
    return text;
  })
  .meta({ description: 'As a number or, without any loss, as a text: `"12.50"`.' });

/** A time that Google does not read: protobuf's are told in nanoseconds. */
const FINER = /\.\d{10}/;

/** What is older is no sale but a time that was not set. */
const FIRST_CLICKS = "2000";

const currencies = new Set(Intl.supportedValuesOf("currency"));

const consentWord = z.enum(["granted", "denied"]).optional();

/** What is told of every sale, whatever it is known by. */
const saleFields = {
  timestamp: z.iso
    .datetime({ offset: true, error: "must be a time with its zone, such as 2026-11-21T10:00:00+03:00" })
    .refine((time) => !FINER.test(time), "must be no finer than nanoseconds")
    .refine((time) => time >= FIRST_CLICKS, "must not be before there were clicks on ads, in 2000")
    .meta({ description: "When the sale was made, RFC 3339." }),
  value: amount,
  currency: z
    .string()
    .toUpperCase()
    .refine((code) => currencies.has(code), "must be a currency of ISO 4217, such as EUR"),
  transactionId: z
    .string()
    .trim()
    .regex(/^[^\p{C}]{1,128}$/u, "must be 1 to 128 characters")
    .refine((id) => !looksPersonal(id), "must hold no personal data: this is an e-mail address or a phone number")
    .optional(),
  consent: z
    .strictObject({ adUserData: consentWord, adPersonalization: consentWord })
    .optional()
    .meta({ description: "What the person allowed. What is not told is not assumed." }),
  eventSource: z.enum(EVENT_SOURCES).optional(),
  conversionAction: z
    .string()
    .regex(/^\d{1,20}$/, "must be the number of a conversion action, digits alone")
    .optional(),
};

/** See {@link saleFields}. */
export type SaleBody = z.output<z.ZodObject<typeof saleFields>>;

/** What the CRM tells when a lead or a conversation is won: it is known by its id, and so is the click. */
export const wonBody = z.strictObject({
  ...saleFields,
  timestamp: saleFields.timestamp.optional().meta({ description: "When the sale was made, RFC 3339; absent: now." }),
  transactionId: saleFields.transactionId.meta({
    description: "The order's number, where there is more than one sale. What is not told is made of the id.",
  }),
});

/** What the site or the CRM tells of a sale. */
export const conversionBody = z
  .strictObject({
    gclid: clickId.meta({ description: "One of the three must be there." }),
    gbraid: clickId,
    wbraid: clickId,
    ...saleFields,
    transactionId: saleFields.transactionId.meta({
      description: "The order's number. What is not told is made of the content.",
    }),
    email: z
      .string()
      .max(320)
      .refine((text) => normalEmail(text) !== undefined, "must be an e-mail address")
      .optional()
      .meta({ description: "Hashed before it is kept." }),
    phone: z
      .string()
      .max(40)
      .refine((text) => normalPhone(text) !== undefined, "must be a number with its country, such as +15551230001")
      .optional()
      .meta({ description: "Hashed before it is kept." }),
    tenant: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "Whose it is, where not the account's owner's." }),
  })
  .superRefine((body, context) => {
    const [first, ...others] = CLICK_KINDS.filter((kind) => body[kind] !== undefined);
    if (!first) context.addIssue({ code: "custom", path: ["gclid"], message: "or gbraid or wbraid is required" });
    for (const kind of others)
      context.addIssue({ code: "custom", path: [kind], message: `must not be beside ${first}: send one click id` });
    const phone = body.phone === undefined ? undefined : normalPhone(body.phone);
    if (phone !== undefined && body.transactionId !== undefined && normalPhone(body.transactionId) === phone)
      context.addIssue({
        code: "custom",
        path: ["transactionId"],
        message: "must hold no personal data: this is the phone number",
      });
  });

/** See {@link conversionBody}. */
export type ConversionBody = z.output<typeof conversionBody>;

/** The body's one click id. */
export function clickOf(body: ConversionBody): Click {
  for (const kind of CLICK_KINDS) {
    const id = body[kind];
    if (id !== undefined) return { kind, id };
  }
  throw new Error("the schema lets no body through without a click id");
}
