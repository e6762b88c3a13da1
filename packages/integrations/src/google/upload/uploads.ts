import { type ConversionUploads, retryable } from "@millrace/core";
import { z } from "zod";
import { callGoogle } from "./client.ts";
import { UNSET, type UploadsConfig } from "../config.ts";
import type { AccessToken } from "./credentials.ts";
import { accountScope, classifyGoogle, PROJECT } from "./api-error.ts";
import { ingestRequest } from "./ingest-request.ts";
import { refusalOf } from "./rejected-conversions.ts";
import { outcomeOf } from "./request-status.ts";

const takenAnswer = z.object({ requestId: z.string().min(1).max(200) });

/**
 * Uploads by the Data Manager API, with its limits: https://developers.google.com/data-manager/api/devguides/limits.
 * Where nobody knows whether a request was taken it is sent again: Google knows its events by their transaction ids.
 */
export function googleUploads(config: UploadsConfig, accessToken: AccessToken): ConversionUploads {
  const accountOf = (accountId: string) => (accountId === UNSET ? config.accountId : accountId);
  const actionOf = (actionId: string) => (actionId === UNSET ? config.actionId : actionId);
  return {
    maxBatch: 2_000,
    firstCheckAfterMs: config.lookAfterMs,
    // Google counts reads and uploads apart, and once did together: so it holds either way.
    requestsPerMinute: 300,
    scopes: (accountId) => [PROJECT, accountScope(accountOf(accountId))],
    async send({ conversions, ...batch }, context) {
      const accountId = accountOf(batch.accountId);
      const destination = { accountId, actionId: actionOf(batch.actionId), loginAccountId: config.loginAccountId };
      const body = ingestRequest(destination, conversions);
      const response = await callGoogle({ method: "POST", path: "events:ingest", body }, config, accessToken, context);
      const failure = classifyGoogle(response, accountId, context.now());
      if (failure) {
        if (failure.next.kind !== "permanent") throw failure;
        const ids = conversions.map(({ id }) => id);
        const refusal = refusalOf(response, ids, accountId);
        if (!refusal) throw failure;
        return refusal;
      }
      const taken = takenAnswer.safeParse(response.json);
      if (!taken.success) throw retryable("Google's answer names no request", { code: "malformed", uncertain: true });
      return { accepted: true, requestId: taken.data.requestId };
    },
    async outcome(requestId, account, context) {
      const path = `requestStatus:retrieve?requestId=${encodeURIComponent(requestId)}`;
      const response = await callGoogle({ method: "GET", path }, config, accessToken, context);
      const failure = classifyGoogle(response, accountOf(account), context.now());
      if (failure) throw failure;
      const outcome = outcomeOf(response.json);
      if (!outcome) throw retryable("Google's answer is no status of a request", { code: "malformed" });
      return outcome;
    },
  };
}
