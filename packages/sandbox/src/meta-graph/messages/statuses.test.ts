import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createSandboxApp } from "../../app.ts";
import type { Delivery } from "../../webhooks/deliver.ts";

const SECRET = "app-secret";
const NOW = new Date("2026-11-20T10:00:00.000Z");

/** Creates a sandbox and collects its webhooks. */
function sandbox() {
  const deliveries: Delivery[] = [];
  const app = createSandboxApp({
    now: () => NOW,
    deliver: (delivery) => void deliveries.push(delivery),
    whatsappAppSecret: SECRET,
  });
  const statuses = () =>
    deliveries
      .flatMap(({ body }) => (JSON.parse(body) as { entry: { changes: { value: { statuses: Status[] } }[] }[] }).entry)
      .flatMap(({ changes }) => changes.flatMap(({ value }) => value.statuses));
  return {
    app,
    deliveries,
    statuses,
    addFault: (fault: string) => app.request("/_faults", { method: "POST", body: JSON.stringify({ fault }) }),
    async send(body: object = {}) {
      const response = await app.request("/graph/v26.0/100000000000001/messages", {
        method: "POST",
        headers: { authorization: "Bearer sandbox" },
        body: JSON.stringify({
          messaging_product: "whatsapp",
          to: "+4915100000001",
          type: "text",
          text: { body: "Good morning" },
          biz_opaque_callback_data: "ours-1",
          ...body,
        }),
      });
      return { status: response.status, statuses: statuses().map(({ status }) => status) };
    },
  };
}

type Status = { id: string; status: string } & Record<string, unknown>;

test("a message gets the statuses sent, delivered and read in signed webhooks with its callback data", async () => {
  const { send, statuses, deliveries, app } = sandbox();
  expect((await send()).statuses).toEqual([]);
  await expect.poll(() => statuses().map(({ status }) => status)).toEqual(["sent", "delivered", "read"]);
  const [message] = (await (await app.request("/_sent")).json()) as [{ externalId: string }];
  for (const status of statuses())
    expect(status).toMatchObject({
      id: message.externalId,
      timestamp: "1795168800",
      recipient_id: "4915100000001",
      biz_opaque_callback_data: "ours-1",
    });
  for (const { path, headers, body } of deliveries) {
    expect(path).toBe("/api/integrations/whatsapp/webhook");
    expect(headers["x-hub-signature-256"]).toBe(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
    expect(JSON.parse(body)).toMatchObject({
      object: "whatsapp_business_account",
      entry: [{ changes: [{ field: "messages", value: { metadata: { phone_number_id: "100000000000001" } } }] }],
    });
  }
});

test("under load a webhook has many statuses, and none is lost or repeated", async () => {
  const { send, statuses, deliveries } = sandbox();
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      send({ to: `+49${index + 1}`, biz_opaque_callback_data: `ours-${index + 1}` }),
    ),
  );
  await expect.poll(() => statuses().length).toBe(120);
  expect(new Set(statuses().map(({ id, status }) => `${id} ${status}`)).size).toBe(120);
  expect(deliveries.length).toBeLessThan(60);
});

test("the statuses of a message to a user id have the user id only", async () => {
  const { send, statuses } = sandbox();
  await send({ to: undefined, recipient: "DE.90000000000000001" });
  await expect.poll(() => statuses().length).toBe(3);
  for (const status of statuses()) {
    expect(status).toMatchObject({ recipient_user_id: "DE.90000000000000001" });
    expect(status).not.toHaveProperty("recipient_id");
  }
});

test.each([
  ["status_twice", ["sent", "sent", "delivered", "delivered", "read", "read"]],
  ["status_reordered", ["read", "delivered", "sent"]],
  ["status_failed", ["sent", "failed"]],
])("the fault %s changes the statuses to %j", async (fault, expected) => {
  const { addFault, send, statuses } = sandbox();
  await addFault(fault);
  await send();
  await expect.poll(() => statuses().map(({ status }) => status)).toEqual(expected);
});

test("the status failed has the error code of the fault", async () => {
  const { addFault, send, statuses } = sandbox();
  await addFault("status_failed:131047");
  await send();
  await expect
    .poll(() => statuses()[1])
    .toMatchObject({
      status: "failed",
      errors: [{ code: 131047, title: "Re-engagement message" }],
    });
});

test("status_first sends the statuses before the response", async () => {
  const { addFault, send } = sandbox();
  await addFault("status_first");
  expect((await send()).statuses).toEqual(["sent", "delivered", "read"]);
});

test("status_late waits for the release, and no_status sends no statuses", async () => {
  const { addFault, send, statuses, app } = sandbox();
  await addFault("status_late");
  await addFault("no_status");
  await send();
  await send({ biz_opaque_callback_data: "ours-2" });
  await send({ biz_opaque_callback_data: "ours-3" });
  const names = () => statuses().map((status) => status["biz_opaque_callback_data"]);
  await expect.poll(names).toEqual(["ours-3", "ours-3", "ours-3"]);
  expect(await (await app.request("/_statuses/release", { method: "POST" })).json()).toEqual({ released: 1 });
  await expect.poll(names).toEqual(["ours-3", "ours-3", "ours-3", "ours-1", "ours-1", "ours-1"]);
});

test("a message that is accepted without a response gets statuses with its callback data", async () => {
  const { addFault, send, statuses } = sandbox();
  await addFault("http_500_taken");
  expect((await send()).status).toBe(500);
  await expect
    .poll(() => statuses().map((status) => status["biz_opaque_callback_data"]))
    .toEqual(Array.from({ length: 3 }, () => "ours-1"));
});

test("a reaction gets only the status sent", async () => {
  const { send, statuses } = sandbox();
  await send({ type: "reaction", reaction: { message_id: "wamid.A", emoji: "👍" } });
  await send({ biz_opaque_callback_data: "ours-2" });
  await expect.poll(() => statuses().map(({ status }) => status)).toEqual(["sent", "sent", "delivered", "read"]);
});
