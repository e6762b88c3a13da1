import { z } from "zod";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";

/** An id that is safe in a URL path, a scope and a log line. Old deliveries send 0 for "none". */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^(?!0$)[\w-]{1,64}$/));

const optionalId = id.optional().catch(undefined);

/**
 * The payload of a `lead` event: the fields of Meta's leadgen notification, with ids as strings. A relay can add answers
 * to the notification; they are dropped, because only Graph is trusted for answers.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
 */
export const leadgenNotificationSchema = z.object({
  leadgen_id: id,
  page_id: id,
  form_id: optionalId,
  /** Absent for an organic lead. */
  ad_id: optionalId,
  /** Unix seconds. */
  created_time: z
    .unknown()
    .optional()
    .transform((value) => {
      const at = dateOfUnixSeconds(value);
      return at && at.getTime() / 1000;
    }),
});

/** See {@link leadgenNotificationSchema}. */
export type LeadgenNotification = z.infer<typeof leadgenNotificationSchema>;

/** The page id in the test notification of the app dashboard. */
export const DASHBOARD_PAGE_ID = "444444444444";

/**
 * Whether a lead comes from the Test button of the app dashboard. Its ids consist of fours, and Graph has no such lead.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/quickstart/webhooks-integration
 */
export function isDashboardTest(leadgenId: string | undefined): boolean {
  return /^4{9,}$/.test(leadgenId ?? "");
}
