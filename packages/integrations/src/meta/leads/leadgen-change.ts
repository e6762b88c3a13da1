import { z } from "zod";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";

/** An id as it may stand in a URL's path, a scope and a log line. 0 is what old deliveries say for "none". */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^(?!0$)[\w-]{1,64}$/));

const optionalId = id.optional().catch(undefined);

/**
 * Payload of a `lead` event: what Meta's notification says of a lead, ids as strings, and nothing else. Answers that
 * a relay has put beside it are left out: only Graph is asked for those.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
 */
export const leadNoticeSchema = z.object({
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

/** See {@link leadNoticeSchema}. */
export type LeadNotice = z.infer<typeof leadNoticeSchema>;

/** The page that the app dashboard's Test button names. */
export const DASHBOARD_PAGE_ID = "444444444444";

/**
 * Whether a lead is one of the app dashboard's Test button, whose ids are all made of fours. There is nothing to fetch.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/quickstart/webhooks-integration
 */
export function isDashboardTest(leadgenId: string | undefined): boolean {
  return /^4{9,}$/.test(leadgenId ?? "");
}
