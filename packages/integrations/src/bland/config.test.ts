import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readApiConfig, readSampleSecret, readWebhookConfig } from "./config.ts";
import { bland } from "./index.ts";

const on = { BLAND_WEBHOOK_ENABLED: "true", BLAND_WEBHOOK_SECRET: "new, old" };

test("Bland is off by default and needs no variable then", () => {
  expect(readWebhookConfig({})).toBeUndefined();
  expect(bland.webhooks({})).toEqual([]);
  expect(bland.capabilities?.media?.read({})).toBeUndefined();
});

test("several secrets are valid during a rotation", () => {
  expect(readWebhookConfig(on)).toEqual({ secrets: ["new", "old"] });
});

test("samples are signed with the first secret, also where the integration is not switched on", () => {
  expect(readSampleSecret(on)).toBe("new");
  expect(readSampleSecret({ BLAND_WEBHOOK_SECRET: "new" })).toBe("new");
  expect(readSampleSecret({})).toBe("");
});

test("recordings are fetched only with an API key, also for the jobs of before the switch-off", () => {
  expect(readApiConfig(on)).toBeUndefined();
  const key = { BLAND_API_KEY: "org_weir", BLAND_WEBHOOK_ENABLED: "false" };
  expect(readApiConfig(key)).toEqual({ apiKey: "org_weir", baseUrl: "https://api.bland.ai" });
  expect(readApiConfig({ ...key, BLAND_BASE_URL: "https://eu.api.bland.example/" })).toMatchObject({
    baseUrl: "https://eu.api.bland.example",
  });
});

test.each([
  ["BLAND_WEBHOOK_ENABLED", "perhaps"],
  ["BLAND_WEBHOOK_SECRET", " , "],
  ["BLAND_API_KEY", "org weir"],
  ["BLAND_BASE_URL", "ftp://api.example"],
])("%s=%o stops the start with one line that names the variable", (name, value) => {
  const environment = { ...on, [name]: value };
  const read = () => [readWebhookConfig(environment), readApiConfig(environment)];
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(new RegExp(`^these environment variables are missing or wrong:\n  ${name}: [^\n]+$`));
});

test("the sandbox is used until a real API key is set", () => {
  const { endpoints } = bland.local;
  expect(endpoints({}, "http://127.0.0.1:1")).toEqual({
    BLAND_WEBHOOK_ENABLED: "true",
    BLAND_API_KEY: "sandbox",
    BLAND_BASE_URL: "http://127.0.0.1:1/bland",
  });
  expect(endpoints({ BLAND_API_KEY: "org_weir" }, "http://127.0.0.1:1")).toEqual({});
});
