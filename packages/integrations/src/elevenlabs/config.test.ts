import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readApiConfig, readSampleSecret, readWebhookConfig } from "./config.ts";
import { elevenlabs } from "./index.ts";

const on = { ELEVENLABS_WEBHOOK_ENABLED: "true", ELEVENLABS_WEBHOOK_SECRET: "wsec_new, wsec_old" };

test("ElevenLabs is off by default and needs no variable then", () => {
  expect(readWebhookConfig({})).toBeUndefined();
  expect(elevenlabs.webhooks({})).toEqual([]);
  expect(elevenlabs.capabilities?.media?.read({})).toBeUndefined();
});

test("several secrets are valid during a rotation", () => {
  expect(readWebhookConfig(on)).toEqual({ secrets: ["wsec_new", "wsec_old"] });
});

test("samples are signed with the first secret, also where the integration is not switched on", () => {
  expect(readSampleSecret(on)).toBe("wsec_new");
  expect(readSampleSecret({ ELEVENLABS_WEBHOOK_SECRET: "wsec_new" })).toBe("wsec_new");
  expect(readSampleSecret({})).toBe("");
});

test("recordings are fetched only with an API key, also for the jobs of before the switch-off", () => {
  expect(readApiConfig(on)).toBeUndefined();
  const key = { ELEVENLABS_API_KEY: "sk_weir", ELEVENLABS_WEBHOOK_ENABLED: "false" };
  expect(readApiConfig(key)).toEqual({ apiKey: "sk_weir", baseUrl: "https://api.elevenlabs.io" });
  expect(readApiConfig({ ...key, ELEVENLABS_BASE_URL: "https://api.eu.residency.elevenlabs.io/" })).toMatchObject({
    baseUrl: "https://api.eu.residency.elevenlabs.io",
  });
});

test.each([
  ["ELEVENLABS_WEBHOOK_ENABLED", "perhaps"],
  ["ELEVENLABS_WEBHOOK_SECRET", " , "],
  ["ELEVENLABS_API_KEY", "sk weir"],
  ["ELEVENLABS_BASE_URL", "ftp://api.example"],
])("%s=%o stops the start with one line that names the variable", (name, value) => {
  const environment = { ...on, [name]: value };
  const read = () => [readWebhookConfig(environment), readApiConfig(environment)];
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(new RegExp(`^these environment variables are missing or wrong:\n  ${name}: [^\n]+$`));
});

test("the sandbox is used until a real API key is set", () => {
  const { endpoints } = elevenlabs.local;
  expect(endpoints({}, "http://127.0.0.1:1")).toEqual({
    ELEVENLABS_WEBHOOK_ENABLED: "true",
    ELEVENLABS_API_KEY: "sandbox",
    ELEVENLABS_BASE_URL: "http://127.0.0.1:1/elevenlabs",
  });
  expect(endpoints({ ELEVENLABS_API_KEY: "sk_weir" }, "http://127.0.0.1:1")).toEqual({});
});
