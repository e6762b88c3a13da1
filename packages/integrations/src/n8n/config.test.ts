import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readAssistantConfig, readCallbackConfig } from "./config.ts";

const secret = { N8N_WEBHOOK_SECRET: "old, new" };
const url = { N8N_DISPATCH_URL: "https://n8n.example.com/webhook/millrace" };

test("by default callbacks authenticate with a signature", () => {
  expect(readCallbackConfig(secret)).toEqual({ secrets: ["old", "new"], methods: ["standard-webhooks", "hmac"] });
  expect(readCallbackConfig({ ...secret, N8N_CALLBACK_AUTH: "bearer, hmac" })?.methods).toEqual(["hmac", "bearer"]);
});

test("the first secret signs AI requests, and an unset variable has its default", () => {
  expect(readAssistantConfig({ ...secret, ...url })).toEqual({
    url: url.N8N_DISPATCH_URL,
    secret: "old",
    sendsJwt: false,
    allowedNetworks: [],
    timings: { debounceMs: 2_000, debounceCapMs: 10_000, answerTimeoutMs: 120_000 },
    onFailure: { handsOver: false, fallbackText: undefined },
    errorUrl: undefined,
  });
  const set = {
    N8N_DISPATCH_AUTH: "jwt",
    N8N_ALLOWED_NETWORKS: "10.0.0.0/8, fd00::/8",
    N8N_GATHER_MS: "0",
    N8N_GATHER_CAP_MS: "1",
    N8N_ANSWER_TIMEOUT_MS: "2",
    N8N_ON_FAILURE: "people",
    N8N_FALLBACK_TEXT: "A colleague will answer you.",
    N8N_ERROR_URL: "https://n8n.example.com/webhook/errors",
  };
  expect(readAssistantConfig({ ...secret, ...url, ...set })).toMatchObject({
    sendsJwt: true,
    allowedNetworks: ["10.0.0.0/8", "fd00::/8"],
    timings: { debounceMs: 0, debounceCapMs: 1, answerTimeoutMs: 2 },
    onFailure: { handsOver: true, fallbackText: "A colleague will answer you." },
    errorUrl: "https://n8n.example.com/webhook/errors",
  });
});

test("n8n needs no variable when it is switched off, and without a URL it only receives callbacks", () => {
  const off = { N8N_WEBHOOK_ENABLED: "false", ...url };
  expect(readCallbackConfig(off)).toBeUndefined();
  expect(readAssistantConfig(off)).toBeUndefined();
  expect(readAssistantConfig(secret)).toBeUndefined();
  expect(readCallbackConfig(secret)).toBeDefined();
});

test.each([
  ["N8N_WEBHOOK_SECRET", ""],
  ["N8N_WEBHOOK_SECRET", ","],
  ["N8N_WEBHOOK_SECRET", "whsec_not base64"],
  ["N8N_WEBHOOK_SECRET", "good,whsec_"],
  ["N8N_CALLBACK_AUTH", "none"],
  ["N8N_CALLBACK_AUTH", "hmac,basic"],
  ["N8N_CALLBACK_AUTH", ","],
  ["N8N_DISPATCH_URL", "ftp://n8n.example.com"],
  ["N8N_DISPATCH_AUTH", "both"],
  ["N8N_ALLOWED_NETWORKS", "10.0.0.1"],
  ["N8N_ALLOWED_NETWORKS", "10.0.0.0/8 192.168.0.0/16"],
  ["N8N_GATHER_MS", "soon"],
  ["N8N_GATHER_CAP_MS", "1.5"],
  ["N8N_ANSWER_TIMEOUT_MS", "-1"],
  ["N8N_ON_FAILURE", "person"],
  ["N8N_FALLBACK_TEXT", "without N8N_ON_FAILURE=people"],
  ["N8N_ERROR_URL", "https://user:secret@n8n.example.com"],
])("%s=%o stops the start with one line that names the variable", (name, value) => {
  const environment = { ...secret, ...url, [name]: value };
  const read = () => [readCallbackConfig(environment), readAssistantConfig(environment)];
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(
    new RegExp(`^these environment variables are missing or wrong:\n  ${name}(?: is missing|: [^\n]+)$`),
  );
});
