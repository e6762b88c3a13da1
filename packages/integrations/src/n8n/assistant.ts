import { createHash } from "node:crypto";
import {
  type Assistant,
  classifyHttp,
  type HttpResponse,
  type NewId,
  PRIVATE_ADDRESS,
  permanent,
  ProviderError,
  type Question,
  standardWebhookHeaders,
} from "@millrace/core";
import { SignJWT } from "jose";
import type { AssistantConfig } from "./config.ts";

/** All requests go to one URL, so a pause of one pauses all. */
const SCOPE = "n8n";

/** The Webhook node's `ignoreBots` rejects what `isbot` classifies as a bot, which includes a lone product name. */
const USER_AGENT = "Mozilla/5.0 (compatible; Millrace)";

const JWT_LIFETIME_MS = 5 * 60_000;

/** Sends AI requests to n8n's Webhook node, which answers at once. The AI's answer comes to the route `ai-response`. */
export function n8nAssistant(config: AssistantConfig): Assistant {
  return {
    scopes: () => [SCOPE],
    timings: config.timings,
    async ask(question, { http, now, newId, signal }) {
      const body = JSON.stringify({ type: "conversation.turn", ...question });
      const at = now();
      const headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        ...standardWebhookHeaders({ id: idOf(question), at, body }, config.secret),
        ...(config.sendsJwt ? { authorization: `Bearer ${await tokenFor(body, at, config.secret, newId)}` } : {}),
      };
      const publicOnly = { except: config.allowedNetworks };
      const response = await http({ method: "POST", url: config.url, headers, body, publicOnly }, signal).catch(
        (error: unknown) => {
          throw error instanceof ProviderError && error.code === PRIVATE_ADDRESS ? notAllowed(error) : error;
        },
      );
      const failure = failureOf(response, now());
      if (failure) throw failure;
    },
  };
}

/** The id of one request for an AI turn. It has no full stop, because the signature joins its parts with one. */
function idOf({ turnId, ask }: Question): string {
  return `${turnId}-${ask}`;
}

/** A token for the JWT authentication of the Webhook node, which uses the text of the secret as the key. */
function tokenFor(body: string, at: Date, secret: string, newId: NewId): Promise<string> {
  return new SignJWT({ body_sha256: createHash("sha256").update(body).digest("hex") })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setJti(newId())
    .setIssuedAt(at)
    .setExpirationTime(new Date(at.getTime() + JWT_LIFETIME_MS))
    .sign(Buffer.from(secret));
}

function failureOf(response: HttpResponse, now: Date): ProviderError | undefined {
  const { status } = response;
  const code = `http_${status}`;
  const paused = (message: string) => new ProviderError(message, { kind: "paused", scope: SCOPE }, { code });
  if (status === 404) return paused("n8n has no such webhook: the workflow is not active or its path is wrong");
  if (status === 401 || status === 403) return paused("n8n's webhook rejects Millrace: its authentication differs");
  if (status >= 300 && status < 400) return permanent("N8N_DISPATCH_URL redirects; set it to the target URL", code);
  return classifyHttp(response, SCOPE, now);
}

function notAllowed(cause: ProviderError): ProviderError {
  return new ProviderError(
    "n8n is in a private network that N8N_ALLOWED_NETWORKS does not contain",
    { kind: "paused", scope: SCOPE },
    { code: PRIVATE_ADDRESS, cause },
  );
}
