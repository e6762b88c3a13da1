import { setTimeout as wait } from "node:timers/promises";
import type { Inject } from "./inject.ts";

/** Faults of the providers' answers. `share` is the share of the requests that fail. */
const FAULTS: Readonly<Record<string, readonly { match?: object; fault: string; share: number }[]>> = {
  "server errors": [{ fault: "http_500", share: 0.9 }],
  "rate limits": [
    { match: { api: "whatsapp" }, fault: "code:130429", share: 0.9 },
    { match: { api: "telegram" }, fault: "retry_after:3", share: 0.9 },
    { match: { api: "leads" }, fault: "throttle_without_estimate", share: 0.9 },
  ],
  "wrong bodies": [{ fault: "malformed", share: 0.5 }],
  "lost answers": [{ fault: "http_500_taken", share: 0.6 }],
  "revoked tokens": [
    { match: { api: "whatsapp" }, fault: "expired_token", share: 1 },
    { match: { api: "telegram" }, fault: "expired_token", share: 1 },
    { match: { api: "leads" }, fault: "expired_token", share: 1 },
  ],
};

/** Faults of the providers besides those of their connections. */
export const providerFaults: Record<string, Inject> = Object.fromEntries(
  Object.entries(FAULTS).map(([name, faults]): [string, Inject] => [
    name,
    async ({ sandbox }, { durationMs, detail }) => {
      for (const fault of faults) await sandbox.addFault({ ...fault, seed: Math.floor(detail * 1e6) });
      await wait(durationMs);
      await sandbox.resetFaults();
    },
  ]),
);
