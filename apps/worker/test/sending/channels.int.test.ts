import { afterEach, expect, test } from "vitest";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

/** Less than the time that an answer may hold its takeover lock, in ms. */
const DEADLINE_MS = 15_000;

let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
let release: () => void = () => undefined;
afterEach(async () => {
  release();
  await conversations.close();
});

test("7: the AI answers of one channel are sent although the calls of another hang under their takeover locks", async () => {
  const released = new Promise<void>((resolve) => (release = resolve));
  let hanging = 0;
  conversations = await openConversationHarness(defaultQueueStore(), {
    variables: { N8N_GATHER_MS: "20" },
    beforeRequest: async (request) => {
      if (!request.url.endsWith("/messages") || !(await request.text()).includes('"text"')) return;
      hanging += 1;
      await released;
    },
  });
  const people = Array.from({ length: 10 }, (_, index) => `155512300${10 + index}`);
  for (const person of people) await conversations.receiveWhatsapp(person, "Is the mill open?");
  conversations.startWorker();
  await until("the calls of WhatsApp hang", () => hanging >= 4);
  await until("the rest of its answers is queued", async () => {
    const answers = await conversations.messages("author = 'ai'");
    return answers.length === people.length;
  });
  await conversations.receiveTelegram(7, "Is the mill open?");
  const sent = await until(
    "Telegram's answer is sent",
    async () => {
      const all = await conversations.sent();
      return all.length > 0 && all;
    },
    DEADLINE_MS,
  );
  expect(sent.map(({ channel }) => channel)).toEqual(["telegram"]);
  release();
  await until("all others are sent", async () => (await conversations.sent()).length === people.length + 1);
  expect(await conversations.rows.rows("select error from millrace.dead_letters")).toEqual([]);
});
