import { integrations } from "@millrace/integrations";
import { expect, test } from "vitest";
import { isSandboxed } from "./sandboxed.ts";

const SANDBOX = "http://127.0.0.1:8082";

/** The ids of the integrations that have their accounts in the sandbox tenant. */
function sandboxedWith(environment: Record<string, string>): string[] {
  const sandboxed = integrations.filter(({ local }) => isSandboxed(local.endpoints(environment, SANDBOX), SANDBOX));
  return sandboxed.map(({ id }) => id);
}

test("an integration that only receives uses the sandbox tenant without a URL of the sandbox", () => {
  expect(isSandboxed({ MILL_WEBHOOK_ENABLED: "true" }, SANDBOX)).toBe(true);
  expect(isSandboxed({}, SANDBOX)).toBe(false);
});

test("every integration uses the sandbox tenant without a credential", () => {
  expect(sandboxedWith({})).toEqual(integrations.map(({ id }) => id));
});

test.each([
  ["meta", { META_PAGE_ACCESS_TOKEN: "real" }],
  ["whatsapp", { WHATSAPP_ACCESS_TOKEN: "real" }],
  ["whatsapp", { WHATSAPP_ACCESS_TOKEN: "real", GRAPH_BASE_URL: "https://proxy.example" }],
  ["telegram", { TELEGRAM_BOT_TOKEN: "real" }],
  ["n8n", { N8N_DISPATCH_URL: "https://n8n.example/webhook/millrace" }],
  ["google", { GOOGLE_APPLICATION_CREDENTIALS: "/run/secrets/google.json" }],
  ["twilio-voice", { TWILIO_ACCOUNT_SID: "real" }],
  ["elevenlabs", { ELEVENLABS_API_KEY: "real" }],
  ["bland", { BLAND_API_KEY: "real" }],
])("no real account of %s belongs to the sandbox tenant", (id, environment) => {
  expect(sandboxedWith(environment)).toEqual(integrations.map((one) => one.id).filter((one) => one !== id));
});
