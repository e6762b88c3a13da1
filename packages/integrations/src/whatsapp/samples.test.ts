import { expect, test } from "vitest";
import { whatsappSamples } from "./samples.ts";
import { WHATSAPP_PATHS, whatsappWebhook } from "./webhook/webhook.ts";

const environment = { WHATSAPP_APP_SECRET: "app-secret", WHATSAPP_WEBHOOK_VERIFY_TOKEN: "token" };
const webhook = whatsappWebhook({ appSecrets: ["app-secret"], verifyTokens: ["token"] });

function eventsOf(now: Date) {
  const samples = Object.entries(whatsappSamples(environment, now)).filter(
    ([, { path }]) => path === WHATSAPP_PATHS[0],
  );
  return samples.map(([name, { headers, body }]) => {
    const request = {
      method: "POST",
      headers,
      url: "http://127.0.0.1:8080/",
      query: new URLSearchParams(),
      params: {},
      body: Buffer.from(body),
    };
    expect(webhook.authenticate(request, { now, secrets: webhook.secrets })).toBe(true);
    return { name, events: webhook.parse(request) };
  });
}

test("every sample authenticates and is parsed, the text first", () => {
  const samples = eventsOf(new Date(1_790_000_000_000));
  expect(samples.map(({ name, events }) => [name, events.map(({ kind }) => kind)])).toEqual([
    ["text", ["message"]],
    ["image", ["message"]],
    ["bsuid", ["message"]],
    ["status", ["echo", "status", "status"]],
    ["batch", ["status", "status", "message", "message", "message", "echo", "change"]],
  ]);
});

test("a later call creates other messages", () => {
  const ids = (now: number) =>
    eventsOf(new Date(now)).flatMap(({ events }) => events.filter(({ kind }) => kind !== "change").map(({ id }) => id));
  const earlier = new Set(ids(1_790_000_000_000));
  expect(ids(1_790_000_000_001).filter((id) => earlier.has(id))).toEqual([]);
});
