import { z } from "zod";
import { isAlertFault } from "../alerts/routes.ts";
import { isGoogleFault } from "../google/faults.ts";
import { isGraphFault } from "../meta-graph/leads/faults.ts";
import { isMediaFault } from "../meta-graph/media/faults.ts";
import { isSendFault, isStatusFault } from "../meta-graph/messages/faults.ts";
import { isN8nFault } from "../n8n/faults.ts";
import { isS3Fault } from "../s3/faults.ts";
import { isTelegramFault } from "../telegram/faults.ts";

/** The APIs: what a request to each is told by, and how it can fail. */
const APIS: Readonly<Record<string, { facts: readonly string[]; knows(fault: string): boolean }>> = {
  leads: { facts: ["leadgenId", "pageToken"], knows: isGraphFault },
  whatsapp: {
    facts: ["phoneNumberId", "to", "messageId", "type"],
    knows: (fault) => isSendFault(fault) || isStatusFault(fault),
  },
  media: { facts: ["mediaId", "step"], knows: isMediaFault },
  telegram: { facts: ["bot", "method", "chatId"], knows: isTelegramFault },
  n8n: { facts: ["conversationId", "turnId"], knows: isN8nFault },
  s3: { facts: ["bucket", "key"], knows: isS3Fault },
  google: { facts: ["step", "accountId"], knows: isGoogleFault },
  alerts: { facts: [], knows: isAlertFault },
};

/**
 * The body of `POST /_faults`. With a share or with `first` it holds until it is taken back, unless `times` says
 * otherwise.
 */
export const faultOrder = z
  .strictObject({
    match: z.record(z.string(), z.string()).default({}),
    fault: z.string(),
    times: z.number().int().min(1).optional(),
    share: z.number().gt(0).max(1).optional(),
    first: z.boolean().optional(),
    seed: z.number().int().optional(),
  })
  .refine(
    ({ match: { api, ...facts }, fault }) =>
      Object.entries(APIS).some(
        ([name, { facts: told, knows }]) =>
          (api === undefined || api === name) &&
          knows(fault) &&
          Object.keys(facts).every((fact) => told.includes(fact)),
      ),
    "no request that is told by this can fail so",
  )
  .transform(({ times, ...order }) => ({
    ...order,
    times: times ?? (order.share === undefined && !order.first ? 1 : Number.POSITIVE_INFINITY),
  }));
