import { expect, test } from "vitest";
import { createSentLog } from "./sent-log.ts";

test("the log keeps all messages of a load test, and its size is bounded", () => {
  const sent = createSentLog(() => new Date(0));
  const message = {
    channel: "whatsapp",
    account: "1",
    to: "+491",
    messageId: undefined,
    type: "text",
    text: "x",
    content: {},
    fault: undefined,
    misdelivered: false,
  } as const;
  const record = (from: number, to: number) => {
    for (let index = from; index < to; index++) sent.record({ ...message, externalId: String(index) });
  };
  record(0, 200_000);
  expect(sent.list()).toHaveLength(200_000);
  record(200_000, 1_000_000);
  expect(sent.list().length).toBeGreaterThanOrEqual(200_000);
  expect(sent.list().length).toBeLessThan(400_000);
  expect(sent.list().at(-1)?.externalId).toBe("999999");
  expect(sent.count()).toEqual({ whatsapp: 1_000_000, telegram: 0 });
});
