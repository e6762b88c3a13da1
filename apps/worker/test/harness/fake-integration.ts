import {
  type EventHandler,
  type Fact,
  type InboundEvent,
  permanent,
  ProviderError,
  unavailable,
  uuidv7,
  written,
} from "@millrace/core";

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
  /** Scopes and events that the platform does not answer. */
  down: Set<string>;
};

/** Personal data that an error of an integration might contain. */
const PERSONAL = "+4915112345678 wrote hello";

/**
 * An integration without a platform, which does what the event asks for. Its facts are not idempotent by themselves:
 * the message has a new id each time, so that a test can count how often an event took effect.
 */
export function fakeIntegration(rateLimitedUntil: () => Date): FakeIntegration {
  const attempts = new Map<string, number>();
  const running = new Set<string>();
  const down = new Set<string>();
  return {
    attempts,
    running,
    down,
    handler: {
      scopes: (event) => scopesOf(event),
      fetch(event) {
        const { do: action, times = Number.POSITIVE_INFINITY } = event.payload as FakePayload;
        if (action !== "hang" || countAttempt(event.id) > times) return undefined;
        return ({ signal }) => {
          running.add(event.id);
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        };
      },
      handle(event) {
        const payload = event.payload as FakePayload;
        const scope = payload.scope ?? "";
        const message = messageOf(event);
        if (payload.do === "hang") return written(message);
        if (down.has(scope) || down.has(event.id)) {
          countAttempt(scope);
          throw unavailable("HTTP 503", scope);
        }
        const paused: Fact[] =
          payload.do === "write_and_pause" ? [{ fact: "scope_paused", scope, reason: "payment due" }] : [];
        // A pause concerns the account, so its attempts are counted over all its events.
        const attempt = countAttempt(payload.do === "pause" ? scope : event.id);
        if (attempt > (payload.times ?? Number.POSITIVE_INFINITY)) return written(message, ...paused);
        switch (payload.do) {
          case "write":
          case "write_and_pause":
            return written(message, ...paused);
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
            // Postgres rejects the id.
            return written(message, { fact: "message_suppressed", messageId: "no uuid", reason: "" });
        }
      },
    },
  };

  function countAttempt(counter: string): number {
    const attempt = (attempts.get(counter) ?? 0) + 1;
    attempts.set(counter, attempt);
    return attempt;
  }
}

function scopesOf(event: InboundEvent): string[] {
  const { scope } = event.payload as FakePayload;
  return scope === undefined ? [] : [scope];
}

function messageOf(event: InboundEvent): Fact {
  const at = new Date(event.receivedAt);
  return {
    fact: "message",
    thread: {
      owner: { provider: "fake", noun: "account", externalId: "1" },
      channel: "whatsapp",
      accountId: "fake",
      threadId: "fake",
      kind: "group",
      person: undefined,
    },
    activity: { at, byUser: true },
    message: {
      externalId: uuidv7(),
      ofContact: false,
      direction: "inbound",
      type: "text",
      body: event.id,
      sentAt: at,
      payload: {},
      status: "received",
    },
  };
}
