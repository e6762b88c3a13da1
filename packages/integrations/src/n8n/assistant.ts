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

/** All questions go to one address: what stops one of them stops all. */
const SCOPE = "n8n";

/** n8n's `ignoreBots` refuses what its `isbot` takes for a bot: also any lone name, with a version or without. */
const USER_AGENT = "Mozilla/5.0 (compatible; Millrace)";

const JWT_LIFETIME_MS = 5 * 60_000;

/** Asks n8n by its Webhook node, which accepts at once; the answer comes to the route `ai-response`. */
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

/** Names an attempt to ask; without the full stop that the signature's own parts are joined by. */
function idOf({ turnId, ask }: Question): string {
  return `${turnId}-${ask}`;
}

/** For the Webhook node's JWT check, which takes a secret's text as it is. */
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
  if (status === 404) return paused("n8n knows no such webhook: the workflow is not active or its path is wrong");
  if (status === 401 || status === 403) return paused("n8n's webhook refuses Millrace: its authentication differs");
  if (status >= 300 && status < 400) return permanent("N8N_DISPATCH_URL redirects; set it to where that leads", code);
  return classifyHttp(response, SCOPE, now);
}

function notAllowed(cause: ProviderError): ProviderError {
  return new ProviderError(
    "n8n is in a private network that N8N_ALLOWED_NETWORKS does not hold",
    { kind: "paused", scope: SCOPE },
    { code: PRIVATE_ADDRESS, cause },
  );
}
