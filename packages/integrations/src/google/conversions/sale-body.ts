import { z } from "zod";
import type { Click } from "@millrace/core";
import { CLICK_ID, CLICK_KINDS } from "../../shared/click-id.ts";
import { EVENT_SOURCES } from "../config.ts";
import { looksLikePersonalData, normalizeEmail, normalizePhone } from "./user-data.ts";

const clickId = z.string().regex(CLICK_ID, "must be a click id from the URL of the landing page").optional();

/** The range of the column: numeric(18, 6). */
const DECIMAL = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,6})?$/;

/** The number of digits that a JSON number keeps exactly. */
const SAFE_DIGITS = 15;

/** An amount as a decimal string. A short JSON number converts to a string without loss. */
const amount = z
  .union([z.string(), z.number()])
  .transform((given, context) => {
    const text = String(given);
    if (!DECIMAL.test(text))
      context.addIssue("must be a decimal of at most 12 digits before and 6 after the point, and not negative");
    else if (typeof given === "number" && text.replace(".", "").replace(/^0+/, "").length > SAFE_DIGITS)
      context.addIssue("has more digits than a JSON number keeps: send it as a string");
    return text;
  })
  .meta({ description: 'A number, or without loss a string: `"12.50"`.' });

/** A time with more precision than nanoseconds, which protobuf cannot read. */
const FINER_THAN_NANOSECONDS = /\.\d{10}/;

/** The year of the first ad clicks. An older time is a time that was not set. */
const FIRST_YEAR = "2000";

const currencies = new Set(Intl.supportedValuesOf("currency"));

const consentStatus = z.enum(["granted", "denied"]).optional();

/** The fields of every sale. */
const saleFields = {
  timestamp: z.iso
    .datetime({ offset: true, error: "must be a time with its zone, such as 2026-11-21T10:00:00+03:00" })
    .refine((time) => !FINER_THAN_NANOSECONDS.test(time), "must have at most nanosecond precision")
    .refine((time) => time >= FIRST_YEAR, "must not be before the year 2000")
    .meta({ description: "The time of the sale, RFC 3339." }),
  value: amount,
  currency: z
    .string()
    .toUpperCase()
    .refine((code) => currencies.has(code), "must be a currency of ISO 4217, such as EUR"),
  transactionId: z
    .string()
    .trim()
    .regex(/^[^\p{C}]{1,128}$/u, "must be 1 to 128 characters")
    .refine(
      (id) => !looksLikePersonalData(id),
      "must not contain personal data: this is an e-mail address or a phone number",
    )
    .optional(),
  consent: z
    .strictObject({ adUserData: consentStatus, adPersonalization: consentStatus })
    .optional()
    .meta({ description: "The person's consent. Missing consent is not assumed." }),
  eventSource: z.enum(EVENT_SOURCES).optional(),
  conversionAction: z
    .string()
    .regex(/^\d{1,20}$/, "must be the id of a conversion action, only digits")
    .optional(),
};

/** See {@link saleFields}. */
export type SaleBody = z.output<z.ZodObject<typeof saleFields>>;

/** The body that marks a lead or conversation as won. The row has the click id, so the body has none. */
export const wonBody = z.strictObject({
  ...saleFields,
  timestamp: saleFields.timestamp.optional().meta({ description: "The time of the sale, RFC 3339. Default: now." }),
  transactionId: saleFields.transactionId.meta({
    description: "The order number, if there are several sales. By default it is derived from the id.",
  }),
});

/** The body that reports a sale with its click id. */
export const conversionBody = z
  .strictObject({
    gclid: clickId.meta({ description: "Exactly one of gclid, gbraid and wbraid is required." }),
    gbraid: clickId,
    wbraid: clickId,
    ...saleFields,
    transactionId: saleFields.transactionId.meta({
      description: "The order number. By default it is derived from the click id, time, value and currency.",
    }),
    email: z
      .string()
      .max(320)
      .refine((text) => normalizeEmail(text) !== undefined, "must be an e-mail address")
      .optional()
      .meta({ description: "Stored only as a hash." }),
    phone: z
      .string()
      .max(40)
      .refine(
        (text) => normalizePhone(text) !== undefined,
        "must be a phone number with its country code, such as +15551230001",
      )
      .optional()
      .meta({ description: "Stored only as a hash." }),
    tenant: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "The tenant's name. Default: the tenant that owns the account." }),
  })
  .superRefine((body, context) => {
    const [first, ...others] = CLICK_KINDS.filter((kind) => body[kind] !== undefined);
    if (!first) context.addIssue({ code: "custom", path: ["gclid"], message: "or gbraid or wbraid is required" });
    for (const kind of others)
      context.addIssue({
        code: "custom",
        path: [kind],
        message: `must not be combined with ${first}: send one click id`,
      });
    const phone = body.phone === undefined ? undefined : normalizePhone(body.phone);
    if (phone !== undefined && body.transactionId !== undefined && normalizePhone(body.transactionId) === phone)
      context.addIssue({
        code: "custom",
        path: ["transactionId"],
        message: "must not contain personal data: this is the phone number",
      });
  });

/** See {@link conversionBody}. */
export type ConversionBody = z.output<typeof conversionBody>;

/** The click id of a body. */
export function clickOf(body: ConversionBody): Click {
  for (const kind of CLICK_KINDS) {
    const id = body[kind];
    if (id !== undefined) return { kind, id };
  }
  throw new Error("the schema rejects a body without a click id");
}
