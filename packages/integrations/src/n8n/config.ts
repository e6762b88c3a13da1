import {
  type AiTurnTimings,
  type Environment,
  type OnAiFailure,
  readEnvironment,
  readToggle,
  secretList,
} from "@millrace/core";
import { z } from "zod";
import { textField } from "../shared/send/text-field.ts";

/** A comma-separated list. */
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ""),
);

const base64 = z.base64().min(1);

const secrets = secretList.refine(
  (entries) => entries.every((entry) => !entry.startsWith("whsec_") || base64.safeParse(entry.slice(6)).success),
  "the part after whsec_ must be base64",
);

/** The methods by which n8n can authenticate its callbacks; see docs/n8n.md. */
const CALLBACK_AUTHENTICATIONS = ["standard-webhooks", "hmac", "bearer"] as const;
/** See {@link CALLBACK_AUTHENTICATIONS}. */
export type CallbackAuthentication = (typeof CALLBACK_AUTHENTICATIONS)[number];

const methods = list.transform((names, context) => {
  const known = CALLBACK_AUTHENTICATIONS.filter((method) => names.includes(method));
  if (known.length === 0 || known.length < new Set(names).size)
    context.addIssue(`must be one or more of ${CALLBACK_AUTHENTICATIONS.join(", ")}`);
  return known;
});

const network = z.union([z.cidrv4(), z.cidrv6()]);
const networks = list.refine(
  (entries) => entries.every((entry) => network.safeParse(entry).success),
  "must be networks such as 10.0.0.0/8",
);

function milliseconds(fallback: number) {
  return z.coerce.number({ error: "must be milliseconds" }).int("must be whole milliseconds").min(0).default(fallback);
}

const callbackVariables = z.object({
  N8N_WEBHOOK_SECRET: secrets,
  N8N_CALLBACK_AUTH: methods.prefault("standard-webhooks,hmac"),
});

/** The secrets and the allowed methods that authenticate n8n's callbacks. */
export type CallbackConfig = { secrets: readonly string[]; methods: readonly CallbackAuthentication[] };

/** Reads {@link CallbackConfig}; undefined when switched off. Throws EnvironmentError. */
export function readCallbackConfig(environment: Environment): CallbackConfig | undefined {
  if (!readToggle("n8n", environment, true)) return undefined;
  const variables = readEnvironment(callbackVariables, environment);
  return { secrets: variables.N8N_WEBHOOK_SECRET, methods: variables.N8N_CALLBACK_AUTH };
}

const webhookUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((url) => !new URL(url).username && !new URL(url).password, "must not contain a user or a password")
  .optional();

const address = z.object({ N8N_DISPATCH_URL: webhookUrl });

/** The longest fallback text, in UTF-16 units: one message on every channel. */
const MAX_FALLBACK_LENGTH = 1_000;

const assistantVariables = z
  .object({
    N8N_WEBHOOK_SECRET: secrets,
    N8N_DISPATCH_AUTH: z.enum(["signature", "jwt"], { error: "must be signature or jwt" }).default("signature"),
    N8N_ALLOWED_NETWORKS: networks.prefault(""),
    N8N_GATHER_MS: milliseconds(2_000),
    N8N_GATHER_CAP_MS: milliseconds(10_000),
    N8N_ANSWER_TIMEOUT_MS: milliseconds(120_000),
    N8N_ON_FAILURE: z.enum(["keep", "people"], { error: "must be keep or people" }).default("keep"),
    N8N_FALLBACK_TEXT: textField(MAX_FALLBACK_LENGTH).optional(),
    N8N_ERROR_URL: webhookUrl,
  })
  .refine(({ N8N_ON_FAILURE: on, N8N_FALLBACK_TEXT: text }) => on === "people" || text === undefined, {
    path: ["N8N_FALLBACK_TEXT"],
    error: "is sent only with N8N_ON_FAILURE=people",
  });

/** The configuration of AI requests to n8n. */
export type AssistantConfig = {
  url: string;
  /** Signs the requests. */
  secret: string;
  /** Whether a request also carries a JSON Web Token. */
  sendsJwt: boolean;
  /** Private networks in which n8n may be (CIDR). */
  allowedNetworks: readonly string[];
  timings: AiTurnTimings;
  onFailure: OnAiFailure;
  /** The URL of the workflow that receives failed AI turns; undefined when there is none. */
  errorUrl: string | undefined;
};

/** Reads {@link AssistantConfig}; undefined when switched off or without N8N_DISPATCH_URL. Throws EnvironmentError. */
export function readAssistantConfig(environment: Environment): AssistantConfig | undefined {
  if (!readToggle("n8n", environment, true)) return undefined;
  const url = readEnvironment(address, environment).N8N_DISPATCH_URL;
  if (url === undefined) return undefined;
  const variables = readEnvironment(assistantVariables, environment);
  const [secret = ""] = variables.N8N_WEBHOOK_SECRET;
  return {
    url,
    secret,
    sendsJwt: variables.N8N_DISPATCH_AUTH === "jwt",
    allowedNetworks: variables.N8N_ALLOWED_NETWORKS,
    timings: {
      debounceMs: variables.N8N_GATHER_MS,
      debounceCapMs: variables.N8N_GATHER_CAP_MS,
      answerTimeoutMs: variables.N8N_ANSWER_TIMEOUT_MS,
    },
    onFailure: { handsOver: variables.N8N_ON_FAILURE === "people", fallbackText: variables.N8N_FALLBACK_TEXT },
    errorUrl: variables.N8N_ERROR_URL,
  };
}
