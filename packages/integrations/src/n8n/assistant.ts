import { createHash } from "node:crypto";
import {
  type Assistant,
  type AssistantContext,
  classifyHttp,
  type HttpResponse,
  type NewId,
  PRIVATE_ADDRESS,
  permanent,
  ProviderError,
  type Question,
  standardWebhookHeaders,
} from "@millrace/core";
import type { AssistantConfig } from "./config.ts";

/** All questions go to one URL, so a pause of one pauses all. */
const SCOPE = "n8n";

/** The Webhook node's `ignoreBots` rejects what `isbot` classifies as a bot, which includes a lone product name. */
const USER_AGENT = "Mozilla/5.0 (compatible; Millrace)";

const JWT_LIFETIME_MS = 5 * 60_000;

/** The scope of the failure reports: if their workflow is not active, the questions go on. */
const REPORT_SCOPE = "n8n:failures";

/** Sends AI requests to n8n's Webhook node, which answers at once. The AI's answer comes to the route `ai-response`. */
export function n8nAssistant(config: AssistantConfig): Assistant {
  const { url, errorUrl, timings, onFailure } = config;
  const questions: Workflow = { url, scope: SCOPE, variable: "N8N_DISPATCH_URL" };
  const failures: Workflow | undefined =
    errorUrl === undefined ? undefined : { url: errorUrl, scope: REPORT_SCOPE, variable: "N8N_ERROR_URL" };
  return {
    scopes: () => [SCOPE],
    timings,
    onFailure,
    ask: (question, context) =>
      post(config, questions, { id: idOf(question), content: { type: "conversation.turn", ...question } }, context),
    ...(failures && {
      failureReports: {
        scopes: () => [REPORT_SCOPE],
        report: (failure, context) => {
          const request = { id: `${failure.turnId}-failed`, content: { type: "conversation.turn_failed", ...failure } };
          return post(config, failures, request, context);
        },
      },
    }),
  };
}

/** The Webhook node of a workflow, and the variable that has its URL. */
type Workflow = { url: string; scope: string; variable: string };

async function post(
  config: AssistantConfig,
  workflow: Workflow,
  { id, content }: { id: string; content: Record<string, unknown> },
  { http, now, newId, signal }: AssistantContext,
): Promise<void> {
  const body = JSON.stringify(content);
  const at = now();
  const headers = {
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    ...standardWebhookHeaders({ id, at, body }, config.secret),
    ...(config.sendsJwt ? { authorization: `Bearer ${await tokenFor(body, at, config.secret, newId)}` } : {}),
  };
  const publicOnly = { except: config.allowedNetworks };
  const response = await http({ method: "POST", url: workflow.url, headers, body, publicOnly }, signal).catch(
    (error: unknown) => {
      throw error instanceof ProviderError && error.code === PRIVATE_ADDRESS ? notAllowed(workflow, error) : error;
    },
  );
  const failure = failureOf(workflow, response, now());
  if (failure) throw failure;
}

/** The id of one request for an AI turn. It has no full stop, because the signature joins its parts with one. */
function idOf({ turnId, ask }: Question): string {
  return `${turnId}-${ask}`;
}

/** A token for the JWT authentication of the Webhook node, which uses the text of the secret as the key. */
async function tokenFor(body: string, at: Date, secret: string, newId: NewId): Promise<string> {
  // Loaded on demand, because few deployments use it.
  const { SignJWT } = await import("jose");
  return new SignJWT({ body_sha256: createHash("sha256").update(body).digest("hex") })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setJti(newId())
    .setIssuedAt(at)
    .setExpirationTime(new Date(at.getTime() + JWT_LIFETIME_MS))
    .sign(Buffer.from(secret));
}

function failureOf({ scope, variable }: Workflow, response: HttpResponse, now: Date): ProviderError | undefined {
  const { status } = response;
  const code = `http_${status}`;
  const paused = (message: string) => new ProviderError(message, { kind: "paused", scope }, { code });
  if (status === 404) return paused("n8n has no such webhook: the workflow is not active or its path is wrong");
  if (status === 401 || status === 403) return paused("n8n's webhook rejects Millrace: its authentication differs");
  if (status >= 300 && status < 400) return permanent(`${variable} redirects; set it to the target URL`, code);
  return classifyHttp(response, scope, now);
}

function notAllowed({ scope }: Workflow, cause: ProviderError): ProviderError {
  return new ProviderError(
    "n8n is in a private network that N8N_ALLOWED_NETWORKS does not contain",
    { kind: "paused", scope },
    { code: PRIVATE_ADDRESS, cause },
  );
}
