import { eventId, secretsEqual, type Webhook } from "@millrace/core";

/** The URLs that {@link calls} authenticated, in order. */
export const seenUrls: string[] = [];

/** A webhook with an asynchronous authentication, a POST challenge and a response of its own. */
export const calls: Webhook = {
  paths: ["/api/integrations/calls/webhook", "/api/webhooks/calls/:line"],
  maxBodyBytes: 4_000,
  secrets: ["secret-of-the-calls"],
  challenge: {
    methods: ["POST"],
    respond({ body }) {
      const challenge = /^challenge=(\w+)$/.exec(Buffer.from(body).toString())?.[1];
      return challenge === undefined
        ? undefined
        : { contentType: "application/json", body: JSON.stringify({ challenge }) };
    },
  },
  async authenticate({ url, headers }, { now, secrets }) {
    seenUrls.push(url);
    const key = await Promise.resolve(secrets[0] ?? "");
    return now.getTime() > 0 && secretsEqual(headers["x-secret"] ?? "", key);
  },
  parse: ({ body }) => [{ id: eventId("call", Buffer.from(body).toString()), kind: "call", payload: {} }],
  respond: ({ query }) => ({ contentType: "text/xml", body: `<Response><Play>${query.get("file")}</Play></Response>` }),
};

/** A second webhook of the same integration, without challenge and response. */
export const recordings: Webhook = {
  paths: ["/api/integrations/calls/recordings"],
  maxBodyBytes: 4_000,
  secrets: [],
  authenticate: () => true,
  parse: () => [{ id: "recording.1", kind: "recording", payload: {} }],
};

/** A webhook with challenges of both methods. */
export const challenged: Webhook = {
  ...recordings,
  paths: ["/api/integrations/calls/challenged"],
  challenge: {
    methods: ["GET", "POST"],
    respond: ({ query, method }) =>
      query.get("token") === "right" ? { contentType: "text/plain", body: method } : undefined,
  },
};

/** The header that authenticates a request to {@link calls}. */
export const authentic = { "x-secret": "secret-of-the-calls" };
