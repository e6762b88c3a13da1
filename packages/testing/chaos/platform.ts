import { setTimeout as wait } from "node:timers/promises";
import type { RawRequest } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import type { Delivery } from "@millrace/sandbox";
import type { Observations } from "./observations.ts";

/** The callers of ingest: platforms, n8n and a CRM. */
export type Platform = {
  /**
   * Repeats a request until ingest acknowledges it, and records the events. Resolves with the body; undefined when the
   * run ended first, or when ingest rejected the request with 4xx.
   */
  deliver(delivery: Delivery): Promise<unknown>;
  /** The number of requests that are not acknowledged yet. */
  unacknowledged(): number;
  /** Ends the repetitions. */
  end(): void;
};

/** When a caller stops waiting for an answer, in ms. Telegram and Meta wait about that long. */
const TIMEOUT_MS = 10_000;

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;

/**
 * Creates a {@link Platform}. `environment` has the secrets. Meta and Telegram repeat a webhook for hours, but only
 * until its first 2xx.
 */
export function createPlatform(
  ingestUrl: string,
  environment: Record<string, string>,
  observations: Observations,
): Platform {
  const webhooks = integrations.flatMap((integration) =>
    integration.webhooks(environment).map((webhook) => ({ integration: integration.id, webhook })),
  );
  let open = 0;
  const run = { hasEnded: false };

  const attempt = async ({ path, headers, body }: Delivery) => {
    const at = Date.now();
    const startedAt = performance.now();
    const answer = await fetch(`${ingestUrl}${path}`, {
      method: "POST",
      headers,
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined);
    observations.requests.push({ at, ms: performance.now() - startedAt, status: answer?.status });
    return answer;
  };

  const record = (delivery: Delivery, response: unknown) => {
    const at = Date.now();
    for (const event of eventsOf(webhooks, delivery, response)) observations.acknowledged.push({ ...event, at });
  };

  return {
    async deliver(delivery) {
      open += 1;
      try {
        for (let pause = FIRST_PAUSE_MS; !run.hasEnded; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
          const answer = await attempt(delivery);
          if (answer && answer.status < 300) {
            const response: unknown = answer.text === "" ? {} : JSON.parse(answer.text);
            record(delivery, response);
            return response;
          }
          if (answer && answer.status < 500)
            throw new Error(`ingest rejects ${delivery.path}: ${answer.status} ${answer.text}`);
          await wait(pause);
        }
        return undefined;
      } finally {
        open -= 1;
      }
    },
    unacknowledged: () => open,
    end() {
      run.hasEnded = true;
    },
  };
}

type RoutedWebhook = {
  integration: string;
  webhook: { paths: readonly string[]; parse(request: RawRequest): { id: string }[] };
};

/** The events of an acknowledged request: those of a webhook, or the one that a response of the API names. */
function eventsOf(webhooks: readonly RoutedWebhook[], { path, headers, body }: Delivery, response: unknown) {
  const routed = webhooks.find(({ webhook }) => webhook.paths.includes(path));
  if (routed) {
    const url = `http://127.0.0.1${path}`;
    const request = { method: "POST", url, headers, query: new URLSearchParams(), params: {}, body: Buffer.from(body) };
    const { integration } = routed;
    return routed.webhook
      .parse(request)
      .map((event) => ({ integration, eventId: event.id, about: JSON.stringify(event) }));
  }
  const { eventId, id, turnId } = response as { eventId?: string; id?: string; turnId?: string };
  const integration = path.includes("/won") ? "google" : (/^\/api\/integrations\/(\w+)\//.exec(path)?.[1] ?? "");
  // Each answer of the AI is an event of its own. The response does not contain its id.
  return [{ integration, eventId: eventId ?? id ?? `answer.${turnId}.*`, about: body }];
}
