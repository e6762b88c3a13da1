import { expect, test } from "vitest";
import type { UnfinishedMessage } from "@millrace/db";
import { createUnfinishedReader } from "./unfinished-messages.ts";

const NOW = new Date("2026-03-01T08:00:00Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const scopes = (channel: string, { accountId, conversationId }: { accountId: string; conversationId: string }) => [
  `${channel}:${accountId}`,
  `${channel}:${accountId}:${conversationId}`,
];

function unfinished(accountId: string, conversationId: string, minutes: number, slotIn?: number): UnfinishedMessage {
  const sendSlotAt = slotIn === undefined ? null : ago(-slotIn);
  const job = { integration: "whatsapp", role: "outbound", id: "send.1", kind: "send", payload: {} } as const;
  return {
    channel: "whatsapp",
    accountId,
    conversationId,
    createdAt: ago(minutes),
    sendSlotAt,
    isPaused: false,
    job,
  };
}

/** The accounts that a reader returns for these messages, which come in pages of two. */
async function read(messages: readonly UnfinishedMessage[], ...paused: string[]) {
  const reader = createUnfinishedReader(
    {
      firstOfConversations(_age, after = "0") {
        const from = Number(after);
        const next = from + 2 < messages.length ? String(from + 2) : undefined;
        return Promise.resolve({ rows: messages.slice(from, from + 2), next });
      },
    },
    scopes,
  );
  const pauses = paused.map((scope) => ({ scope }));
  return (await reader(10, pauses, NOW)).map(({ account, since }) => [account, since]);
}

test("the oldest unsent message of each account counts", async () => {
  const messages = [unfinished("1065", "a", 12), unfinished("1065", "b", 30), unfinished("2000", "c", 11)];
  expect(await read(messages)).toEqual([
    ["whatsapp:1065", ago(30)],
    ["whatsapp:2000", ago(11)],
  ]);
});

test("a message of a paused scope or before its send slot does not count, and hides no other message", async () => {
  const messages = [unfinished("1065", "a", 40), unfinished("1065", "b", 12), unfinished("2000", "c", 20)];
  expect(await read(messages, "whatsapp:1065:a", "whatsapp:2000")).toEqual([["whatsapp:1065", ago(12)]]);
  expect(await read([unfinished("1065", "a", 40, 5)])).toEqual([]);
  expect(await read([unfinished("1065", "a", 40, -5)])).toEqual([["whatsapp:1065", ago(40)]]);
});

test("a message does not count while its job waits for a paused scope, or for its turn after that", async () => {
  expect(await read([{ ...unfinished("1065", "a", 12), isPaused: true }])).toEqual([]);
});
