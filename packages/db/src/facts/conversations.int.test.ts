import { uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, newThread, useFacts } from "../../test/facts.ts";

const { apply, open, conversationsOf, readConversation } = useFacts();

const modeOf = (conversationId: string, mode: "human" | "ai", at = AT) =>
  ({ fact: "mode", change: { conversationId, mode, actor: "Bea", at } }) as const;

test("a takeover and a hand-back change the mode, and a mode that is already set stays", async () => {
  const { id } = await open();
  expect(await apply(modeOf(id, "ai"))).toMatchObject({ result: "ignored", detail: "already ai" });
  expect(await apply(modeOf(id, "human"))).toMatchObject({ result: "written", detail: "human" });
  expect(await readConversation(id)).toMatchObject({ mode: "human", epoch: 1 });
  const older = new Date(AT.getTime() - 1000);
  expect(await apply(modeOf(id, "ai", older))).toMatchObject({ result: "ignored", detail: "changed later" });
  const later = new Date(AT.getTime() + 1000);
  expect(await apply(modeOf(id, "ai", later))).toMatchObject({ result: "written", detail: "ai" });
});

test("a takeover of an unknown conversation fails with the reason", async () => {
  const id = uuidv7();
  const failure = { code: "no_conversation", message: `no conversation ${id}`, next: { kind: "permanent" } };
  await expect(apply(modeOf(id, "human"))).rejects.toMatchObject(failure);
});

test("an activity opens a conversation only if it has to, and moves the customer service window either way", async () => {
  const later = new Date(AT.getTime() + 60_000);
  const { id, thread } = await open();
  await apply({ fact: "activity", thread, at: later, opens: false });
  expect(await readConversation(id)).toMatchObject({ lastUserMessageAt: later });
  const [silent, calling] = [newThread(), newThread()];
  await apply({ fact: "activity", thread: silent, at: AT, opens: false });
  await apply({ fact: "activity", thread: calling, at: AT, opens: true });
  const opened = await Promise.all([silent, calling].map(({ threadId }) => conversationsOf(threadId)));
  expect(opened).toMatchObject([[], [{ lastUserMessageAt: AT }]]);
});
