import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { whatsappHandler } from "./handler.ts";
import { adapterContext } from "../test/adapter-context.ts";
import { recordingStores } from "../test/recording-stores.ts";

const metadata = { phone_number_id: "111" };
const AT = new Date(1_790_000_000_000);
const timestamp = String(AT.getTime() / 1000);

/** The calls of the stores for an event. */
async function callsFor(kind: string, payload: unknown, takesOver = false) {
  return (await outcomeOf(kind, payload, takesOver)).calls;
}

async function outcomeOf(kind: string, payload: unknown, takesOver = false) {
  const receivedAt = "2026-11-01T00:00:00.000Z";
  const origin = { v: EVENT_VERSION, integration: "whatsapp", id: "e-1", correlationId: "c-1", receivedAt } as const;
  const event: InboundEvent = { ...origin, kind, payload };
  const { stores, calls } = recordingStores();
  const write = await whatsappHandler(takesOver).handle(event, adapterContext());
  const outcome = await write(stores);
  return { outcome, calls };
}

describe("a status", () => {
  const messageIdOf = async (data?: unknown) => {
    const status = { id: "wamid.1", status: "delivered", timestamp, biz_opaque_callback_data: data };
    const calls = await callsFor("status", { metadata, status });
    const [, added] = calls.find(([method]) => method === "addStatus") ?? [];
    return added;
  };

  test("has our id of the message if the callback data contains it", async () => {
    const messageId = "019ab000-0000-7000-8000-00000000000a";
    expect(await messageIdOf(messageId)).toMatchObject({ externalId: "wamid.1", status: "delivered", messageId });
  });

  test.each(["job-1", "", 7, undefined])("ignores the callback data of another sender: %o", async (data) => {
    expect(await messageIdOf(data)).toMatchObject({ externalId: "wamid.1", messageId: undefined });
  });
});

test("a failed status about the number itself pauses the number, as the response to a call does", async () => {
  const failed = async (code: number, status = "failed") =>
    (await outcomeOf("status", { metadata, status: { id: "wamid.1", status, timestamp, errors: [{ code }] } })).outcome;
  const pause = { scope: "whatsapp:111", reason: expect.stringContaining("payment") };
  expect(await failed(131042)).toEqual({ result: "written", pause });
  expect(await failed(131048)).toMatchObject({ pause: { until: new Date(AT.getTime() + 3_600_000) } });
  for (const code of [131056, 131026, 131047, 99]) expect(await failed(code)).toEqual({ result: "written" });
  expect(await failed(131042, "sent")).toEqual({ result: "written" });
});

describe("a message from the WhatsApp Business app", () => {
  const message = { id: "wamid.2", type: "text", text: { body: "Yes" }, timestamp, from: "49301", to: "49151" };
  const methods = async (kind: string, takesOver: boolean, more = {}) =>
    (await callsFor(kind, { metadata, message: { ...message, ...more } }, takesOver)).map(([method]) => method);

  test("takes the conversation over if that is configured", async () => {
    const calls = await callsFor("echo", { metadata, message }, true);
    expect(calls).toContainEqual([
      "changeMode",
      {
        conversationId: "conversation-1",
        mode: "human",
        actor: "WhatsApp Business app",
        reason: "a person wrote",
        at: AT,
      },
    ]);
    expect(calls.map(([method]) => method)).toContain("add");
  });

  test("does not take over otherwise, in a group or with a reaction, and neither does a person's message", async () => {
    const reaction = { type: "reaction", reaction: { message_id: "wamid.1", emoji: "👍" } };
    for (const called of [
      await methods("echo", false),
      await methods("echo", true, { group_id: "Y2Fw" }),
      await methods("echo", true, reaction),
      await methods("message", true),
    ])
      expect(called).not.toContain("changeMode");
  });
});

describe("the 24-hour window", () => {
  const thread = {
    accountId: "111",
    channel: "whatsapp",
    contactId: "contact-1",
    kind: "direct",
    tenantId: "tenant-1",
  };

  test("opens with a person's reaction, which opens no case, and not with our reaction", async () => {
    const reaction = { id: "wamid.3", type: "reaction", reaction: { message_id: "wamid.1", emoji: "👍" }, timestamp };
    const theirs = await callsFor("message", { metadata, message: { ...reaction, from: "49151" } });
    expect(theirs).toContainEqual(["recordUserActivity", expect.objectContaining(thread), AT]);
    expect(theirs.map(([method]) => method)).not.toContain("open");
    const ours = await callsFor("echo", { metadata, message: { ...reaction, from: "49301", to: "49151" } });
    expect(ours.map(([method]) => method)).not.toContain("recordUserActivity");
  });

  test("opens with a person's call, and not with our call or the end of a call", async () => {
    const call = {
      id: "wacid.1",
      from: "49151",
      to: "49301",
      event: "connect",
      direction: "USER_INITIATED",
      timestamp,
    };
    const callsOf = (more = {}) =>
      callsFor("change", { accountId: "1", field: "calls", value: { metadata, calls: [{ ...call, ...more }] } });
    expect(await callsOf()).toContainEqual(["open", expect.objectContaining(thread), { at: AT, byUser: true }]);
    expect(await callsOf({ direction: "BUSINESS_INITIATED" })).toEqual([]);
    expect(await callsOf({ event: "terminate" })).toEqual([]);
  });
});
