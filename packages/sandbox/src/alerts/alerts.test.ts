import { expect, test } from "vitest";
import { createSandboxApp } from "../app.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const ALERT = {
  v: 1,
  id: "a-1",
  rule: "parked",
  subject: "meta:page:1",
  summary: "meta:page:1 is parked",
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

test("alerts in either format are taken and listed, and forgotten on request", async () => {
  const { app, post } = sandbox();
  for (const body of [{ text: "mind the mill" }, ALERT]) expect(await post(JSON.stringify(body))).toEqual([200, "ok"]);
  const listed = async (): Promise<unknown> => (await app.request("/alerts")).json();
  expect(await listed()).toEqual([
    { at: NOW.toISOString(), body: { text: "mind the mill" } },
    { at: NOW.toISOString(), body: ALERT },
  ]);
  await app.request("/alerts", { method: "DELETE" });
  expect(await listed()).toEqual([]);
});

test.each([["{"], ["[]"], ["{}"], ['{"text":""}'], ['{"text":1}'], [JSON.stringify({ ...ALERT, state: "odd" })]])(
  "%s is refused as Slack refuses it",
  async (body) => {
    const { post } = sandbox();
    expect(await post(body)).toEqual([400, "invalid_payload"]);
  },
);

test.each([400, 500])("it fails once when a fault was ordered: %d", async (status) => {
  const { post } = sandbox();
  expect((await post(`{"match":{"api":"alerts"},"fault":"http_${status}"}`, "/_faults"))[0]).toBe(204);
  expect((await post('{"text":"one"}'))[0]).toBe(status);
  expect((await post('{"text":"one"}'))[0]).toBe(200);
});
