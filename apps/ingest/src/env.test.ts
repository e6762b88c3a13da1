import { expect, test } from "vitest";
import { EnvironmentError } from "@millrace/core";
import { readIngestConfig } from "./env.ts";

const environment = {
  QUEUE_URL: "redis://127.0.0.1:6379",
  META_WEBHOOK_ENABLED: "false",
  WHATSAPP_WEBHOOK_ENABLED: "false",
  TELEGRAM_WEBHOOK_ENABLED: "false",
  N8N_WEBHOOK_ENABLED: "false",
};

test("API keys are a list, and none is needed to start", () => {
  expect(readIngestConfig(environment).apiKeys).toEqual([]);
  const config = readIngestConfig({ ...environment, API_KEYS: "first-key-of-the-tests, second-key-of-the-tests" });
  expect(config.apiKeys).toEqual(["first-key-of-the-tests", "second-key-of-the-tests"]);
});

test.each([
  ["short-key,first-key-of-the-tests", "at least 16 characters"],
  ["first-key-of-the-tests,first-key-of-the-tests", "twice"],
  ["first key of the tests", "visible ASCII"],
  [",", "at least one"],
])("API keys that are no good stop the start without being shown: %s", (keys, reason) => {
  const start = () => readIngestConfig({ ...environment, API_KEYS: keys });
  expect(start).toThrow(EnvironmentError);
  expect(start).toThrow(reason);
  expect(start).not.toThrow(/-key|key of/);
});

test("an integration that is switched off has neither webhook nor API routes", () => {
  const { webhooks, apis } = readIngestConfig(environment);
  expect([...webhooks.values()].flat()).toEqual([]);
  // Google's goes on accepting, and holds what it accepts.
  expect([...apis].filter(([, routes]) => routes.length > 0).map(([id]) => id)).toEqual(["google"]);
});
