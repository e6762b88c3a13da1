import { type Fact, type FactOf, type MessageChange, uuidv7 } from "@millrace/core";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { AT, inboundText, newThread, useFacts } from "../../test/facts.ts";
import { messages } from "../schema/index.ts";

const { apply, conversationsOf, database } = useFacts();

const later = new Date(AT.getTime() + 60_000);
const recording = { id: "RE1", mimeType: "audio/mpeg" };

/** A call of a new person, in either direction. */
function newCall(direction: "inbound" | "outbound" = "inbound"): FactOf<"message"> {
  const text = inboundText(newThread());
  const call = { outcome: "completed", durationSeconds: 12, transcript: undefined, summary: undefined };
  const status = direction === "inbound" ? "received" : "delivered";
  return { ...text, message: { ...text.message, direction, status, type: "call", body: undefined, call } };
}

function changed({ message }: FactOf<"message">, change: MessageChange, at = AT): FactOf<"message_changed"> {
  const target = { channel: "telegram", accountId: "shop", externalId: message.externalId };
  return { fact: "message_changed", target, change, changeId: uuidv7(), at };
}

/** Applies a fact as an event of its own, and returns the jobs that fetch a file. */
async function filesOf(fact: Fact) {
  return (await apply(fact)).followUps.filter(({ role }) => role === "media");
}

async function read({ message }: FactOf<"message">) {
  const [row] = await database.orm.select().from(messages).where(eq(messages.externalId, message.externalId));
  return row;
}

test.each(["inbound", "outbound"] as const)(
  "the recording of an %s call is its file and is fetched, whether it arrives before or after the call",
  async (direction) => {
    for (const order of ["before", "after"] as const) {
      const call = newCall(direction);
      const media = changed(call, { kind: "media", media: recording });
      const steps = order === "before" ? [media, call, media] : [call, media, media];
      const applied = [];
      for (const step of steps) applied.push(...(await filesOf(step)));
      expect(await read(call)).toMatchObject({ type: "call", media: recording });
      expect(applied).toMatchObject([{ role: "media", payload: { channel: "telegram", media: recording } }]);
    }
  },
);

test("the earlier of two recordings that precede the call is its file, and a message keeps the file that it has", async () => {
  const call = newCall();
  const [first, second] = [{ id: "RE1" }, { id: "RE2" }];
  await apply(changed(call, { kind: "media", media: second }, later));
  await apply(changed(call, { kind: "media", media: first }));
  expect(await filesOf(call)).toMatchObject([{ payload: { media: first } }]);
  expect(await filesOf(changed(call, { kind: "media", media: { id: "RE0" } }))).toEqual([]);
  expect(await read(call)).toMatchObject({ media: first });
});

test("the transcripts of a call follow each other by time, in any order of arrival, and are its body", async () => {
  const parts = ["Hello", "Goodbye"] as const;
  for (const order of [
    [0, 1, "call"],
    [1, "call", 0],
    ["call", 1, 0],
  ] as const) {
    const call = newCall();
    const facts = parts.map((transcript, at) => changed(call, { kind: "transcript", transcript }, at ? later : AT));
    for (const step of order) await apply(step === "call" ? call : (facts[step] ?? call));
    expect(await read(call)).toMatchObject({
      body: "Hello\nGoodbye",
      call: { outcome: "completed", durationSeconds: 12, transcript: "Hello\nGoodbye" },
    });
  }
});

test("a transcript does not replace the summary that is the body", async () => {
  const call = newCall();
  const summarized = { ...call, message: { ...call.message, body: "Wants a kettle" } };
  await apply(summarized, changed(call, { kind: "transcript", transcript: "Hello" }));
  expect(await read(call)).toMatchObject({ body: "Wants a kettle", call: { transcript: "Hello" } });
});

test("the action of a message becomes a job in the message's conversation", async () => {
  const thread = newThread();
  const action = { id: "act.callback.1", action: { answerCallbackQuery: "1" } };
  const { followUps } = await apply({ ...inboundText(thread), action });
  const [conversation] = await conversationsOf(thread.threadId);
  expect(followUps).toContainEqual({
    integration: thread.channel,
    role: "outbound",
    id: `act.${action.id}`,
    kind: "act",
    payload: { accountId: thread.accountId, conversationId: conversation?.id, action: action.action },
  });
});
