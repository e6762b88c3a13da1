import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createSandboxApp } from "../../app.ts";
import type { Delivery } from "../../webhooks/deliver.ts";

const SECRET = "app-secret";
const NOW = new Date("2026-11-20T10:00:00.000Z");

/** A sandbox whose webhooks are caught. */
function sandbox() {
  const caught: Delivery[] = [];
  const app = createSandboxApp({
    now: () => NOW,
    deliver: (delivery) => void caught.push(delivery),
    whatsappAppSecret: SECRET,
  });
  const told = () =>
    caught
      .flatMap(({ body }) => (JSON.parse(body) as { entry: { changes: { value: { statuses: Told[] } }[] }[] }).entry)
      .flatMap(({ changes }) => changes.flatMap(({ value }) => value.statuses));
  return {
    app,
    caught,
    told,
    order: (fault: string) => app.request("/_faults", { method: "POST", body: JSON.stringify({ fault }) }),
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
      return { status: response.status, told: told().map(({ status }) => status) };
    },
  };
}

type Told = { id: string; status: string } & Record<string, unknown>;

test("a message is told to be sent, delivered and read, with a signature and our name for it", async () => {
  const { send, told, caught, app } = sandbox();
  expect((await send()).told).toEqual([]);
  await expect.poll(() => told().map(({ status }) => status)).toEqual(["sent", "delivered", "read"]);
  const [message] = (await (await app.request("/_sent")).json()) as [{ externalId: string }];
  for (const status of told())
    expect(status).toMatchObject({
      id: message.externalId,
      timestamp: "1795168800",
      recipient_id: "4915100000001",
      biz_opaque_callback_data: "ours-1",
    });
  for (const { path, headers, body } of caught) {
    expect(path).toBe("/api/integrations/whatsapp/webhook");
    expect(headers["x-hub-signature-256"]).toBe(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
    expect(JSON.parse(body)).toMatchObject({
      object: "whatsapp_business_account",
      entry: [{ changes: [{ field: "messages", value: { metadata: { phone_number_id: "100000000000001" } } }] }],
    });
  }
});

test("under load many statuses go together, and none is lost or twice", async () => {
  const { send, told, caught } = sandbox();
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      send({ to: `+49${index + 1}`, biz_opaque_callback_data: `ours-${index + 1}` }),
    ),
  );
  await expect.poll(() => told().length).toBe(120);
  expect(new Set(told().map(({ id, status }) => `${id} ${status}`)).size).toBe(120);
  expect(caught.length).toBeLessThan(60);
});

test("somebody addressed by user id is told of by user id alone", async () => {
  const { send, told } = sandbox();
  await send({ to: undefined, recipient: "DE.90000000000000001" });
  await expect.poll(() => told().length).toBe(3);
  for (const status of told()) {
    expect(status).toMatchObject({ recipient_user_id: "DE.90000000000000001" });
    expect(status).not.toHaveProperty("recipient_id");
  }
});

test.each([
  ["status_twice", ["sent", "sent", "delivered", "delivered", "read", "read"]],
  ["status_reordered", ["read", "delivered", "sent"]],
  ["status_failed", ["sent", "failed"]],
])("the fault %s", async (fault, statuses) => {
  const { order, send, told } = sandbox();
  await order(fault);
  await send();
  await expect.poll(() => told().map(({ status }) => status)).toEqual(statuses);
});

test("a failure has the code that was ordered", async () => {
  const { order, send, told } = sandbox();
  await order("status_failed:131047");
  await send();
  await expect
    .poll(() => told()[1])
    .toMatchObject({
      status: "failed",
      errors: [{ code: 131047, title: "Re-engagement message" }],
    });
});

test("statuses can come before the answer", async () => {
  const { order, send } = sandbox();
  await order("status_first");
  expect((await send()).told).toEqual(["sent", "delivered", "read"]);
});

test("statuses can wait until they are released, and can never come", async () => {
  const { order, send, told, app } = sandbox();
  await order("status_late");
  await order("no_status");
  await send();
  await send({ biz_opaque_callback_data: "ours-2" });
  await send({ biz_opaque_callback_data: "ours-3" });
  const names = () => told().map((status) => status["biz_opaque_callback_data"]);
  await expect.poll(names).toEqual(["ours-3", "ours-3", "ours-3"]);
  expect(await (await app.request("/_statuses/release", { method: "POST" })).json()).toEqual({ released: 1 });
  await expect.poll(names).toEqual(["ours-3", "ours-3", "ours-3", "ours-1", "ours-1", "ours-1"]);
});

test("a message taken without an answer is told of: so it is found again", async () => {
  const { order, send, told } = sandbox();
  await order("http_500_taken");
  expect((await send()).status).toBe(500);
  await expect
    .poll(() => told().map((status) => status["biz_opaque_callback_data"]))
    .toEqual(Array.from({ length: 3 }, () => "ours-1"));
});

test("a reaction is only told to be sent", async () => {
  const { send, told } = sandbox();
  await send({ type: "reaction", reaction: { message_id: "wamid.A", emoji: "👍" } });
  await send({ biz_opaque_callback_data: "ours-2" });
  await expect.poll(() => told().map(({ status }) => status)).toEqual(["sent", "sent", "delivered", "read"]);
});
