import { type FactOf, uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, newThread, useFacts } from "../../test/facts.ts";

const { apply, open, readConversation, readOutbound, conversationsOf } = useFacts();

type Request = FactOf<"send_requested">;

/** A request to send one text. */
function requestTo(to: Request["to"], changes: Partial<Request> = {}): Request {
  const message = { id: uuidv7(), type: "text", body: "Come in", content: { type: "text", text: "Come in" } };
  return { fact: "send_requested", to, at: AT, request: { messages: [message] }, ...changes };
}

test("a request to a thread opens its conversation, and queues the message of a person", async () => {
  const thread = newThread();
  const { followUps } = await apply(requestTo(thread));
  const [conversation] = await conversationsOf(thread.threadId);
  expect(conversation).toMatchObject({ mode: "ai", lastUserMessageAt: null });
  const sent = await readOutbound(conversation?.id ?? "");
  expect(sent).toMatchObject([{ author: "person", status: "queued", body: "Come in" }]);
  expect(followUps).toMatchObject([{ integration: "telegram", role: "outbound", id: `send.${sent[0]?.id}` }]);
});

test("a request to a conversation is queued there, and takes it over if the request has a takeover", async () => {
  const { id: conversationId } = await open();
  const to = { conversationId, channel: "telegram", accountId: "shop" } as const;
  await apply(requestTo({ ...to, accountId: undefined }));
  expect(await readConversation(conversationId)).toMatchObject({ mode: "ai" });
  await apply(requestTo(to, { takeover: { actor: "send API", reason: "a person wrote" } }));
  expect(await readConversation(conversationId)).toMatchObject({ mode: "human" });
  expect(await readOutbound(conversationId)).toMatchObject([{ status: "queued" }, { status: "queued" }]);
});

test("an action is a job, and not queued as a message", async () => {
  const { id: conversationId } = await open();
  const to = { conversationId, channel: "telegram", accountId: undefined } as const;
  const { followUps } = await apply(requestTo(to, { request: { id: "request.1", action: { chatAction: "typing" } } }));
  const payload = { accountId: "shop", conversationId, action: { chatAction: "typing" } };
  expect(followUps).toEqual([{ integration: "telegram", role: "outbound", id: "act.request.1", kind: "act", payload }]);
  expect(await readOutbound(conversationId)).toEqual([]);
});

test("a conversation that does not exist or has another channel or account fails with the reason", async () => {
  const { id } = await open();
  const failure = (code: string, message: string) => ({ code, message, next: { kind: "permanent" } });
  const unknown = uuidv7();
  for (const [to, expected] of [
    [
      { conversationId: unknown, channel: "telegram", accountId: undefined },
      failure("no_conversation", `no telegram conversation ${unknown}`),
    ],
    [
      { conversationId: id, channel: "whatsapp", accountId: undefined },
      failure("no_conversation", `no whatsapp conversation ${id}`),
    ],
    [
      { conversationId: id, channel: "telegram", accountId: "help" },
      failure("other_account", `conversation ${id} does not belong to account help`),
    ],
  ] as const)
    await expect(apply(requestTo(to))).rejects.toMatchObject(expected);
  expect(await readOutbound(id)).toEqual([]);
});
