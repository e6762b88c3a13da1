import { createRateLimits, createSendStates, createTakeoverLock } from "@millrace/db";
import type { WorkerCapability } from "../capability.ts";
import { createEventProcessor } from "../inbound/event.ts";
import { connectionsPerChannel, createLockShare } from "./lock-share.ts";
import { createOutboundProcessor } from "./outbound.ts";
import { promoteNext } from "./promote-next.ts";

/** Processes the requests of the send API, and sends messages. */
export const send: WorkerCapability<"send"> = {
  run({ adapter: { requests, outbound } }, { stores, ports, fetchPorts, channels, ...deps }) {
    const { database, lockDatabase, media } = stores;
    const outbox = createSendStates(database);
    return {
      processors: {
        requests: createEventProcessor({ ...deps, handler: requests, ports: fetchPorts }),
        outbound: createOutboundProcessor({
          ...deps,
          adapter: outbound,
          outbox,
          takeoverLock: createTakeoverLock(lockDatabase),
          lockShare: createLockShare(connectionsPerChannel(lockDatabase.maxConnections, channels)),
          limits: createRateLimits(database),
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
