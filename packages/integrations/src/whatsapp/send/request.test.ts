import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { whatsapp } from "../index.ts";
import { adapterContext } from "../test/adapter-context.ts";
import { recordingStores } from "../test/recording-stores.ts";
import { whatsappAddress } from "./address.ts";

const ids = ["019ab000-0000-7000-8000-00000000000a", "019ab000-0000-7000-8000-00000000000b"];
const text = { type: "text", text: "Hello" };
const AT = "2026-11-01T00:00:00.000Z";
const environment = { WHATSAPP_PHONE_NUMBER_ID: "111" };
const token = { WHATSAPP_ACCESS_TOKEN: "token" };

/** The calls of the stores for a request, and its inline files. */
async function callsFor(payload: Record<string, unknown>, variables: Record<string, string> = environment) {
  const origin = { v: EVENT_VERSION, integration: "whatsapp", correlationId: "c-1", receivedAt: AT } as const;
  const event: InboundEvent = { ...origin, id: "request.1", kind: "request", payload: { messageIds: ids, ...payload } };
  const { stores, calls } = recordingStores();
  const written = new Map<string, Uint8Array>();
  const handler = whatsapp.capabilities?.send?.read({ ...token, ...variables })?.requests;
  const write = await handler?.handle(event, adapterContext(written));
  await write?.(stores);
  return { calls, written };
}

describe("a recipient", () => {
  test.each([
    { conversationId: ids[0] },
    { phone: "+4915100000001" },
    { userId: "DE.90000000000000001" },
    { userId: "US.ENT.a1" },
    { group: "Y2FwaV9ncm91cDox" },
  ])("is valid: %j", (to) => {
    expect(whatsappAddress.safeParse(to).success).toBe(true);
  });

  test.each([
    [{ phone: "4915100000001" }, "phone", "plus sign"],
    [{ phone: "+49 151 00000001" }, "phone", "E.164"],
    [{ phone: "+015100000001" }, "phone", "E.164"],
    [{ phone: "+1234567890123456" }, "phone", "E.164"],
    [{ userId: "4915100000001" }, "userId", "user id"],
    [{ userId: "de.1" }, "userId", "user id"],
    [{ group: "a b" }, "group", "group id"],
    [{ conversationId: "7" }, "conversationId", "UUID"],
    [{}, "", "exactly one"],
    [{ phone: "+4915100000001", userId: "DE.1" }, "", "exactly one"],
    [{ phone: "+4915100000001", name: "Ada" }, "", "name"],
  ])("is invalid: %j", (to, path, reason) => {
    const issues = whatsappAddress.safeParse(to).error?.issues ?? [];
    expect(issues.map((issue) => [issue.path.join("."), issue.message])).toContainEqual([
      path,
      expect.stringContaining(reason),
    ]);
  });
});

describe("a send request", () => {
  const thread = { tenantId: "tenant-1", channel: "whatsapp", accountId: "111" };
  const direct = { ...thread, threadId: "contact-1", kind: "direct", contactId: "contact-1" };
  const activity = { at: new Date(AT), byUser: false };
  const queued = {
    conversationId: "conversation-1",
    author: "person",
    at: new Date(AT),
    messages: [{ type: "text", body: "Hello", replyTo: undefined, content: text, id: ids[0] }],
  };
  const identity = (externalId: string, stable: boolean) => [{ channel: "whatsapp", externalId, stable }];

  test("to a phone number opens the conversation of the person's messages", async () => {
    const { calls } = await callsFor({ to: { phone: "+4915100000001" }, message: text });
    const profile = { phone: "4915100000001" };
    expect(calls).toEqual([
      ["tenantOf", "whatsapp", "phone number", "111"],
      ["resolve", "tenant-1", identity("4915100000001", false), profile],
      ["open", direct, activity],
      ["queue", queued],
    ]);
  });

  test("to a user id opens the conversation of the person's messages", async () => {
    const { calls } = await callsFor({ to: { userId: "DE.9" }, message: text });
    expect(calls).toContainEqual(["resolve", "tenant-1", identity("DE.9", true), {}]);
    expect(calls).toContainEqual(["open", direct, activity]);
  });

  test("to a group opens the group's conversation", async () => {
    const { calls } = await callsFor({ to: { group: "Y2Fw" }, message: text });
    expect(calls).toContainEqual([
      "open",
      { ...thread, threadId: "Y2Fw", kind: "group", contactId: undefined },
      activity,
    ]);
    expect(calls.map(([method]) => method)).not.toContain("resolve");
  });

  test("with a phone number id is sent from that number", async () => {
    const { calls } = await callsFor({ to: { phone: "+4915100000001" }, from: "222", message: text }, {});
    expect(calls).toContainEqual(["open", { ...direct, accountId: "222" }, activity]);
  });

  test.each([
    ["without any number", {}, {}, "WHATSAPP_PHONE_NUMBER_ID is not set"],
    ["from an invalid phone number id", { from: "../1" }, environment, "phone number id"],
  ])("%s fails with the reason", async (_name, more, variables, reason) => {
    const sent = callsFor({ to: { phone: "+4915100000001" }, message: text, ...more }, variables);
    await expect(sent).rejects.toMatchObject({
      message: expect.stringContaining(reason),
      next: { kind: "permanent" },
      code: "no_number",
    });
  });

  test("moves an inline file to the media store", async () => {
    const media = { data: Buffer.from("bytes").toString("base64"), mimeType: "image/png" };
    const { calls, written } = await callsFor({ to: { userId: "DE.9" }, message: { type: "image", media } });
    const [stored] = [...written.keys()];
    expect(stored).toMatch(new RegExp(`^outgoing/${ids[0]}-[0-9a-f]{64}$`));
    expect(written).toEqual(new Map([[stored, Buffer.from("bytes")]]));
    const content = { type: "image", media: { mimeType: "image/png", stored } };
    expect(calls.at(-1)).toMatchObject(["queue", { messages: [{ type: "image", content }] }]);
  });

  test("that was edited and has more messages gives them stable ids", async () => {
    const long = { type: "text", text: "word ".repeat(3000) };
    const idsOf = async () => {
      const { calls } = await callsFor({ to: { userId: "DE.9" }, message: long });
      const [, { messages }] = calls.at(-1) as [string, { messages: { id: string }[] }];
      return messages.map(({ id }) => id);
    };
    const first = await idsOf();
    expect(first.slice(0, 2)).toEqual(ids);
    expect(new Set(first).size).toBe(4);
    expect(await idsOf()).toEqual(first);
  });

  test("with another file under the same Idempotency-Key keeps both files", async () => {
    const keyOf = async (bytes: string) => {
      const media = { data: Buffer.from(bytes).toString("base64"), mimeType: "image/png" };
      return [...(await callsFor({ to: { userId: "DE.9" }, message: { type: "image", media } })).written.keys()];
    };
    expect(await keyOf("one")).toEqual(await keyOf("one"));
    expect(await keyOf("one")).not.toEqual(await keyOf("two"));
  });

  test("to mark a message as read is an action", async () => {
    const action = { type: "read", messageId: "wamid.1", typing: true };
    const { calls } = await callsFor({ to: { userId: "DE.9" }, message: action, messageIds: [] });
    expect(calls.at(-1)).toEqual(["act", { id: "request.1", conversationId: "conversation-1", action }]);
  });

  test("takes the conversation over if that is configured", async () => {
    const { calls } = await callsFor(
      { to: { userId: "DE.9" }, message: text },
      { ...environment, SEND_TAKES_OVER: "true" },
    );
    expect(calls.map(([method]) => method)).toEqual(["tenantOf", "resolve", "open", "changeMode", "queue"]);
  });
});
