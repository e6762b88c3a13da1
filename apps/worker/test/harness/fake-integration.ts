import { type EventHandler, type InboundEvent, permanent, ProviderError, retryable, type Write } from "@millrace/core";

/** The payload of an event of the fake integration: what its handler does. */
export type FakePayload = {
  do:
    | "write"
    | "fail"
    | "give_up"
    | "unrecoverable"
    | "leak"
    | "hang"
    | "rate_limit"
    | "pause"
    | "fail_after_write"
    | "write_and_pause";
  /** Only the first so many attempts do it; later attempts write. */
  times?: number;
  scope?: string;
  /** How many attempts a failure allows. */
  maxAttempts?: number;
  /** Fills the payload, to make it large. */
  file?: string;
};

/** The fake integration's handler, with what it did in this process. */
export type FakeIntegration = {
  handler: EventHandler;
  /** Attempts per event id. A pause counts per scope. */
  attempts: Map<string, number>;
  /** Ids of the events that hang. */
  running: Set<string>;
};

/** Personal data that an error of an integration might contain. */
const PERSONAL = "+4915112345678 said hello";

/**
 * An integration without a platform, which does what the event asks for. Its write is not idempotent by itself: it adds
 * a message under a new id each time, so that a test can count how often an event took effect.
 */
export function fakeIntegration(rateLimitedUntil: () => Date): FakeIntegration {
  const attempts = new Map<string, number>();
  const running = new Set<string>();
  return {
    attempts,
    running,
    handler: {
      callsProvider: false,
      scopes: (event) => scopesOf(event),
      async handle(event, { signal, newId }) {
        const payload = event.payload as FakePayload;
        const scope = payload.scope ?? "";
        // A pause concerns the account, so its attempts are counted over all its events.
        const counter = payload.do === "pause" ? scope : event.id;
        const attempt = (attempts.get(counter) ?? 0) + 1;
        attempts.set(counter, attempt);
        const write = writeOf(event, newId);
        if (attempt > (payload.times ?? Number.POSITIVE_INFINITY)) return write;
        switch (payload.do) {
          case "write":
          case "write_and_pause":
            return write;
          case "fail":
            throw new ProviderError("asked to fail", {
              kind: "retryable",
              ...(payload.maxAttempts === undefined ? {} : { attempts: payload.maxAttempts }),
            });
          case "give_up":
            throw permanent("asked to give up");
          case "unrecoverable":
            throw Object.assign(new Error(PERSONAL), { name: "UnrecoverableError" });
          case "leak":
            throw new Error(PERSONAL);
          case "rate_limit":
            throw new ProviderError("rate limited", { kind: "rate_limited", scope, until: rateLimitedUntil() });
          case "pause":
            throw new ProviderError("token expired", { kind: "paused", scope });
          case "fail_after_write":
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
  const { scope } = event.payload as FakePayload;
  return scope === undefined ? [] : [scope];
}

function writeOf(event: InboundEvent, newId: () => string): Write {
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("fake", "account", "1");
    const account = { tenantId, channel: "whatsapp", accountId: "fake" } as const;
    const at = new Date(event.receivedAt);
    const conversationId = await stores.conversations.open(
      { ...account, threadId: "fake", kind: "group" },
      { at, byUser: true },
    );
    await stores.messages.add({
      ...account,
      conversationId,
      externalId: newId(),
      direction: "inbound",
      type: "text",
      body: event.id,
      sentAt: at,
      payload: {},
      status: "received",
    });
    const { do: action, scope = "" } = event.payload as FakePayload;
    const pause = action === "write_and_pause" ? { pause: { scope, reason: "payment due" } } : {};
    return { result: "written", ...pause };
  };
}
