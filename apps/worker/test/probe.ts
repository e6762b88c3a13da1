import { type EventHandler, type InboundEvent, permanent, ProviderError, retryable, type Write } from "@millrace/core";

/** What a probe event asks its handler to do. */
export type Probe = {
  do: "write" | "fail" | "give_up" | "unrecoverable" | "leak" | "hang" | "throttle" | "park" | "half_write" | "trouble";
  /** Only the first so many attempts do it, the later ones write. */
  times?: number;
  scope?: string;
  /** Of a failure: how many attempts it is worth. */
  worth?: number;
  /** Something large that came along. */
  file?: string;
};

/** Attempts that each event has had in this process. */
export type ProbeHandler = { handler: EventHandler; attempts: Map<string, number>; running: Set<string> };

/** Personal data that an adapter's error might hold. */
const PERSONAL = "+4915112345678 said hello";

/**
 * An integration without a platform: does what the event says. Each write has an effect that is not idempotent by
 * itself (a message under a new id each time), so that a second one would be seen.
 */
export function probeHandler(until: () => Date): ProbeHandler {
  const attempts = new Map<string, number>();
  const running = new Set<string>();
  return {
    attempts,
    running,
    handler: {
      callsProvider: false,
      scopes: (event) => scopesOf(event),
      async handle(event, { signal, newId }) {
        const probe = event.payload as Probe;
        // An account that is paused is so for all of its events.
        const counted = probe.do === "park" ? (probe.scope ?? "") : event.id;
        const attempt = (attempts.get(counted) ?? 0) + 1;
        attempts.set(counted, attempt);
        const write = writeOf(event, newId);
        if (attempt > (probe.times ?? Number.POSITIVE_INFINITY)) return write;
        switch (probe.do) {
          case "write":
          case "trouble":
            return write;
          case "fail":
            throw new ProviderError("asked to fail", {
              kind: "retryable",
              ...(probe.worth === undefined ? {} : { attempts: probe.worth }),
            });
          case "give_up":
            throw permanent("asked to give up");
          case "unrecoverable":
            throw Object.assign(new Error(PERSONAL), { name: "UnrecoverableError" });
          case "leak":
            throw new Error(PERSONAL);
          case "throttle":
            throw new ProviderError("throttled", { kind: "rate_limited", scope: probe.scope ?? "", until: until() });
          case "park":
            throw new ProviderError("token expired", { kind: "paused", scope: probe.scope ?? "" });
          case "half_write":
            return async (stores) => {
              await write(stores);
              throw retryable("asked to fail after writing");
            };
          case "hang":
            running.add(event.id);
            await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
            return write;
        }
      },
    },
  };
}

function scopesOf(event: InboundEvent): string[] {
  const { scope } = event.payload as Probe;
  return scope === undefined ? [] : [scope];
}

function writeOf(event: InboundEvent, newId: () => string): Write {
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("probe", "account", "1");
    const place = { tenantId, channel: "whatsapp", accountId: "probe" } as const;
    const at = new Date(event.receivedAt);
    const conversationId = await stores.conversations.open(
      { ...place, threadId: "probe", kind: "group" },
      { at, byUser: true },
    );
    const externalId = newId();
    await stores.messages.add({
      ...place,
      conversationId,
      externalId,
      direction: "inbound",
      type: "text",
      body: event.id,
      sentAt: at,
      payload: {},
      status: "received",
    });
    const { do: act, scope = "" } = event.payload as Probe;
    return { result: "written", ...(act === "trouble" ? { pause: { scope, reason: "payment due" } } : {}) };
  };
}
