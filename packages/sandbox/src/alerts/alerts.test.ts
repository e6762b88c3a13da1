import { expect, test } from "vitest";
import { createSandboxApp } from "../app.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const ALERT = {
  v: 1,
  id: "a-1",
  rule: "account_paused",
  subject: "meta:page:1",
  summary: "meta:page:1 is paused",
  state: "opened",
  openedAt: NOW.toISOString(),
  closedAt: null,
};

function sandbox() {
  const app = createSandboxApp({ now: () => NOW });
  const post = async (body: string, path = "/alerts") => {
    const response = await app.request(path, { method: "POST", body });
    return [response.status, await response.text()];
  };
  return { app, post };
}

test("alerts in both formats are accepted and listed, and DELETE clears the list", async () => {
  const { app, post } = sandbox();
  for (const body of [{ text: "one alert" }, ALERT]) expect(await post(JSON.stringify(body))).toEqual([200, "ok"]);
  const listed = async (): Promise<unknown> => (await app.request("/alerts")).json();
  expect(await listed()).toEqual([
    { at: NOW.toISOString(), body: { text: "one alert" } },
    { at: NOW.toISOString(), body: ALERT },
  ]);
  await app.request("/alerts", { method: "DELETE" });
  expect(await listed()).toEqual([]);
});

test.each([["{"], ["[]"], ["{}"], ['{"text":""}'], ['{"text":1}'], [JSON.stringify({ ...ALERT, state: "odd" })]])(
  "%s is rejected with Slack's error",
  async (body) => {
    const { post } = sandbox();
    expect(await post(body)).toEqual([400, "invalid_payload"]);
  },
);

test.each([400, 500])("a fault makes one request fail with %d", async (status) => {
  const { post } = sandbox();
  expect((await post(`{"match":{"api":"alerts"},"fault":"http_${status}"}`, "/_faults"))[0]).toBe(204);
  expect((await post('{"text":"one"}'))[0]).toBe(status);
  expect((await post('{"text":"one"}'))[0]).toBe(200);
});
