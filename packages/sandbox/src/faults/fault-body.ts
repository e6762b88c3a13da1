import { z } from "zod";
import { isAlertFault } from "../alerts/routes.ts";
import { isGoogleFault } from "../google/faults.ts";
import { isNumberFault, isPageFault } from "../meta-graph/credentials.ts";
import { isLeadFault } from "../meta-graph/leads/faults.ts";
import { isMediaFault } from "../meta-graph/media/faults.ts";
import { isSendFault, isStatusFault } from "../meta-graph/messages/faults.ts";
import { isN8nFault } from "../n8n/faults.ts";
import { isS3Fault } from "../s3/faults.ts";
import { isTelegramFault } from "../telegram/faults.ts";

/** The APIs: the facts that `match` may name, and the faults that each has. */
const APIS: Readonly<Record<string, { facts: readonly string[]; hasFault(fault: string): boolean }>> = {
  leads: { facts: ["leadgenId", "pageToken"], hasFault: isLeadFault },
  pages: { facts: ["pageId", "pageToken"], hasFault: isPageFault },
  numbers: { facts: ["phoneNumberId"], hasFault: isNumberFault },
  whatsapp: {
    facts: ["phoneNumberId", "to", "messageId", "type"],
    hasFault: (fault) => isSendFault(fault) || isStatusFault(fault),
  },
  media: { facts: ["mediaId", "step"], hasFault: isMediaFault },
  telegram: { facts: ["bot", "method", "chatId"], hasFault: isTelegramFault },
  n8n: { facts: ["conversationId", "turnId"], hasFault: isN8nFault },
  s3: { facts: ["bucket", "key"], hasFault: isS3Fault },
  google: { facts: ["step", "accountId"], hasFault: isGoogleFault },
  alerts: { facts: [], hasFault: isAlertFault },
};

/**
 * The body of `POST /_faults`. `times` defaults to 1. With `share` or `first` it defaults to infinity, so the fault stays
 * until it is deleted.
 */
export const faultBody = z
  .strictObject({
    match: z.record(z.string(), z.string()).default({}),
    fault: z.string(),
    times: z.number().int().min(1).optional(),
    share: z.number().gt(0).max(1).optional(),
    first: z.boolean().optional(),
    seed: z.number().int().optional(),
  })
  .refine(
    ({ match: { api, ...match }, fault }) =>
      Object.entries(APIS).some(
        ([name, { facts, hasFault }]) =>
          (api === undefined || api === name) &&
          hasFault(fault) &&
          Object.keys(match).every((fact) => facts.includes(fact)),
      ),
    "no API has both this fault and these facts",
  )
  .transform(({ times, ...fault }) => ({
    ...fault,
    times: times ?? (fault.share === undefined && !fault.first ? 1 : Number.POSITIVE_INFINITY),
  }));
