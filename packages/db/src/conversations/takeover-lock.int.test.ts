import { expect, test } from "vitest";
import { until } from "@millrace/testing";
import { useConversations } from "../../test/conversations.ts";
import { isOutage } from "../connection/outage.ts";
import { createTakeoverLock } from "./takeover-lock.ts";

const harness = useConversations();

test("a takeover that waits too long for an answer releases the conversation, and succeeds when it is retried", async () => {
  const lock = createTakeoverLock(harness.database);
  const conversation = await harness.open();
  let complete: (() => void) | undefined;
  const sending = lock.pass(conversation.id, 0, () => new Promise<void>((resolve) => (complete = resolve)));
  await until("the answer is being sent", () => complete !== undefined);
  const error: unknown = await harness.changeMode(conversation, "human").catch((cause: unknown) => cause);
  expect(isOutage(error)).toBe(true);
  await harness.receive(conversation, "Are you there?");
  complete?.();
  await sending;
  expect((await harness.changeMode(conversation, "human")).value).toBe(true);
});
