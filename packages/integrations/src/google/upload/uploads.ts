import { type ConversionUploads, retryable } from "@millrace/core";
import { z } from "zod";
import { callGoogle } from "./client.ts";
import { UNSET, type UploadsConfig } from "../config.ts";
import type { AccessToken } from "./credentials.ts";
import { accountScope, classifyGoogle, PROJECT_SCOPE } from "./api-error.ts";
import { ingestRequest } from "./ingest-request.ts";
import { rejectionOf } from "./rejected-conversions.ts";
import { outcomeOf } from "./request-status.ts";
import { PROCESSING_LIMIT_MS, REQUEST_RATE, retryAfterMs, statusCheckAfterMs } from "./timing.ts";

const ingestResponse = z.object({ requestId: z.string().min(1).max(200) });

/**
 * Uploads through the Data Manager API, within its limits: https://developers.google.com/data-manager/api/devguides/limits.
 * A request with an uncertain result is sent again, because Google recognizes duplicates by their transaction ids.
 */
export function googleUploads(config: UploadsConfig, accessToken: AccessToken): ConversionUploads {
  const accountOf = (accountId: string) => (accountId === UNSET ? config.accountId : accountId);
  const actionOf = (actionId: string) => (actionId === UNSET ? config.actionId : actionId);
  return {
    maxBatch: 2_000,
    requestRate: REQUEST_RATE,
    statusCheckAfterMs: (checks) => statusCheckAfterMs(config.statusCheckAfterMs, checks),
    processingLimitMs: PROCESSING_LIMIT_MS,
    retryAfterMs: (attempts) => retryAfterMs(config.statusCheckAfterMs, attempts),
    scopes: (accountId) => [PROJECT_SCOPE, accountScope(accountOf(accountId))],
    async send({ conversions, ...batch }, context) {
      const accountId = accountOf(batch.accountId);
      const destination = { accountId, actionId: actionOf(batch.actionId), loginAccountId: config.loginAccountId };
      const body = ingestRequest(destination, conversions);
      const response = await callGoogle({ method: "POST", path: "events:ingest", body }, config, accessToken, context);
      const failure = classifyGoogle(response, accountId, context.now());
      if (failure) {
        if (failure.next.kind !== "permanent") throw failure;
        const ids = conversions.map(({ id }) => id);
        const rejection = rejectionOf(response, ids, accountId);
        if (!rejection) throw failure;
        return rejection;
      }
      const accepted = ingestResponse.safeParse(response.json);
      if (!accepted.success)
        throw retryable("Google's response has no request id", { code: "malformed", uncertain: true });
      return { accepted: true, requestId: accepted.data.requestId };
    },
    async outcome(requestId, account, context) {
      const path = `requestStatus:retrieve?requestId=${encodeURIComponent(requestId)}`;
      const response = await callGoogle({ method: "GET", path }, config, accessToken, context);
      const failure = classifyGoogle(response, accountOf(account), context.now());
      if (failure) throw failure;
      const outcome = outcomeOf(response.json);
      if (!outcome) throw retryable("Google's response has no request status", { code: "malformed" });
      return outcome;
    },
  };
}
