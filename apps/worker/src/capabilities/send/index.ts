import {
  createBatchedRateLimits,
  createSendRequestBatches,
  createSendStates,
  createSentMessages,
  createTakeoverLock,
} from "@millrace/db";
import type { WorkerCapability } from "../capability.ts";
import { connectionsPerChannel, createLockShare } from "./lock-share.ts";
import { createOutboundProcessor } from "./outbound.ts";
import { promoteNext } from "./promote-next.ts";
import { createRequestProcessor } from "./requests.ts";

/** Processes the requests of the send API, and sends messages. */
export const send: WorkerCapability<"send"> = {
  run({ adapter: { requests, outbound } }, { stores, ports, fetchPorts, channels, ...deps }) {
    const { database, lockDatabase, media } = stores;
    const outbox = createSendStates(database);
    return {
      processors: {
        requests: createRequestProcessor({
          ...deps,
          handler: requests,
          ports: fetchPorts,
          batches: createSendRequestBatches(database, ports.newId),
        }),
        outbound: createOutboundProcessor({
          ...deps,
          adapter: outbound,
          outbox,
          sentMessages: createSentMessages(database, ports.newId),
          takeoverLock: createTakeoverLock(lockDatabase),
          lockShare: createLockShare(connectionsPerChannel(lockDatabase.maxConnections, channels)),
          limits: createBatchedRateLimits(database),
          ports: { ...ports, media },
        }),
      },
      async onDeadLettered({ kind, payload, correlationId }) {
        if (kind !== "send" || typeof payload !== "object" || payload === null || !("messageId" in payload)) return;
        const state = await outbox.find(String(payload.messageId));
        if (state) await promoteNext({ outbox, followUps: deps.followUps }, correlationId, state);
      },
    };
  },
};
