import type { SendRequestedFact } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { fetchPorts, NOW } from "../../../test/fetch-ports.ts";
import { fetchAndHandle, inboundEvent } from "../../../test/handle-event.ts";
import { whatsapp } from "../index.ts";
import { whatsappAddress } from "./address.ts";

const ids = ["019ab000-0000-7000-8000-00000000000a", "019ab000-0000-7000-8000-00000000000b"];
const text = { type: "text", text: "Hello" };
const environment = { WHATSAPP_PHONE_NUMBER_ID: "111" };
const token = { WHATSAPP_ACCESS_TOKEN: "token" };

/** The fact of a request, and its inline files. */
async function handle(payload: Record<string, unknown>, variables: Record<string, string> = environment) {
  const handler = whatsapp.capabilities?.send?.read({ ...token, ...variables })?.requests;
  if (!handler) throw new Error("no handler");
  const event = inboundEvent("whatsapp", {
    id: "request.1",
    kind: "request",
    payload: { messageIds: ids, ...payload },
  });
  const files = new Map<string, Uint8Array>();
  const { facts } = await fetchAndHandle(handler, event, fetchPorts(files));
  expect(facts).toMatchObject([{ fact: "send_requested" }]);
  const [fact] = facts as readonly [SendRequestedFact];
  return { fact, files };
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
  const owner = { provider: "whatsapp", noun: "phone number", externalId: "111" };
  const thread = { owner, channel: "whatsapp", accountId: "111", threadId: undefined, kind: "direct" };
  const person = (externalId: string, stable: boolean, profile = {}) => ({
    person: { identities: [{ channel: "whatsapp", externalId, stable }], profile },
  });

  test("to a phone number opens the conversation of the person's messages", async () => {
    const { fact } = await handle({ to: { phone: "+4915100000001" }, message: text });
    expect(fact).toEqual({
      fact: "send_requested",
      to: { ...thread, ...person("4915100000001", false, { phone: "4915100000001" }) },
      at: NOW,
      request: { messages: [{ type: "text", body: "Hello", replyTo: undefined, content: text, id: ids[0] }] },
    });
  });

  test("to a user id opens the conversation of the person's messages", async () => {
    const { fact } = await handle({ to: { userId: "DE.9" }, message: text });
    expect(fact.to).toEqual({ ...thread, ...person("DE.9", true) });
  });

  test("to a group opens the group's conversation", async () => {
    const { fact } = await handle({ to: { group: "Y2Fw" }, message: text });
    expect(fact.to).toEqual({ ...thread, threadId: "Y2Fw", kind: "group", person: undefined });
  });

  test("to a conversation names it, and the account only if the request does", async () => {
    const to = { conversationId: ids[0] };
    const { fact } = await handle({ to, message: text });
    expect(fact.to).toEqual({ ...to, channel: "whatsapp", accountId: undefined });
    const fromAccount = await handle({ to, from: "222", message: text });
    expect(fromAccount.fact.to).toEqual({ ...to, channel: "whatsapp", accountId: "222" });
  });

  test("with a phone number id is sent from that number", async () => {
    const { fact } = await handle({ to: { phone: "+4915100000001" }, from: "222", message: text }, {});
    expect(fact.to).toMatchObject({ owner: { externalId: "222" }, accountId: "222" });
  });

  test.each([
    ["without any number", {}, {}, "WHATSAPP_PHONE_NUMBER_ID is not set"],
    ["from an invalid phone number id", { from: "../1" }, environment, "phone number id"],
  ])("%s fails with the reason", async (_name, more, variables, reason) => {
    const handled = handle({ to: { phone: "+4915100000001" }, message: text, ...more }, variables);
    await expect(handled).rejects.toMatchObject({
      message: expect.stringContaining(reason),
      next: { kind: "permanent" },
      code: "no_number",
    });
  });

  test("moves an inline file to the media store", async () => {
    const media = { data: Buffer.from("bytes").toString("base64"), mimeType: "image/png" };
    const { fact, files } = await handle({ to: { userId: "DE.9" }, message: { type: "image", media } });
    const [stored] = [...files.keys()];
    expect(stored).toMatch(new RegExp(`^outgoing/${ids[0]}-[0-9a-f]{64}$`));
    expect(files).toEqual(new Map([[stored, Buffer.from("bytes")]]));
    const content = { type: "image", media: { mimeType: "image/png", stored } };
    expect(fact.request).toMatchObject({ messages: [{ type: "image", content }] });
  });

  test("that was edited and has more messages gives them stable ids", async () => {
    const long = { type: "text", text: "word ".repeat(3000) };
    const idsOf = async () => {
      const { fact } = await handle({ to: { userId: "DE.9" }, message: long });
      return "messages" in fact.request ? fact.request.messages.map(({ id }) => id) : [];
    };
    const first = await idsOf();
    expect(first.slice(0, 2)).toEqual(ids);
    expect(new Set(first).size).toBe(4);
    expect(await idsOf()).toEqual(first);
  });

  test("with another file under the same Idempotency-Key keeps both files", async () => {
    const keyOf = async (bytes: string) => {
      const media = { data: Buffer.from(bytes).toString("base64"), mimeType: "image/png" };
      return [...(await handle({ to: { userId: "DE.9" }, message: { type: "image", media } })).files.keys()];
    };
    expect(await keyOf("one")).toEqual(await keyOf("one"));
    expect(await keyOf("one")).not.toEqual(await keyOf("two"));
  });

  test("to mark a message as read is an action", async () => {
    const action = { type: "read", messageId: "wamid.1", typing: true };
    const { fact } = await handle({ to: { userId: "DE.9" }, message: action, messageIds: [] });
    expect(fact.request).toEqual({ id: "request.1", action });
  });

  test("takes the conversation over if that is configured", async () => {
    const request = { to: { userId: "DE.9" }, message: text };
    const { fact } = await handle(request, { ...environment, SEND_TAKES_OVER: "true" });
    expect(fact.takeover).toEqual({ actor: "send API", reason: "a person wrote" });
    expect((await handle(request)).fact.takeover).toBeUndefined();
  });
});
