import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createReplays } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const SEND = "/api/integrations/whatsapp/send";
const ADA = "15551230001";

describe("five replays at once", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  const died = (count: number) =>
    until(`${count} are dead`, async () => {
      const rows = await conversations.rows.rows<{ error: string }>(
        "select error from millrace.dead_letters where state = 'dead'",
      );
      return rows.length === count && rows;
    });
  const replay = async () => {
    const replays = createReplays(conversations.database, uuidv7, () => new Date());
    await Promise.all(Array.from({ length: 5 }, () => replays.start({}, 10, { actor: "grace" })));
    await until("the replay has ended", async () => (await replays.latest(1))[0]?.state !== "running");
    await until("nothing is left to do", async () => (await conversations.jobCounts()).unfinished === 0);
    expect(await conversations.rows.rows("select state from millrace.dead_letters where state <> 'resolved'")).toEqual(
      [],
    );
  };

  test("9: a message that was refused is sent once, and none that was sent is sent again", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("her window is open", async () => (await conversations.messages()).length === 1);
    await conversations.injectFault({ match: { api: "whatsapp", type: "text" }, fault: "code:131026", times: 1 });
    for (const text of ["refused", "taken"])
      await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text } });
    await died(1);
    await until("the other is sent", async () => (await conversations.sent()).length === 1);
    await replay();
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(["taken", "refused"]);
    expect(await conversations.messages("status = 'failed'")).toEqual([]);
  });

  test("5: messages of a conversation that are put back together leave in the order they were accepted", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("her window is open", async () => (await conversations.messages()).length === 1);
    const texts = ["one", "two", "three", "four", "five", "six"];
    await conversations.injectFault({
      match: { api: "whatsapp", type: "text" },
      fault: "code:131026",
      times: texts.length,
    });
    for (const text of texts)
      await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text } });
    await died(texts.length);
    await replay();
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(texts);
  });

  test("9: a question that was never answered is asked once more, and its answer sent once", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "1000" },
    });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "no_answer", times: 2 });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Is the mill open?");
    const [letter] = await died(1);
    expect(letter?.error).toBe("1 s without an answer, twice");
    expect(await conversations.questions()).toHaveLength(2);
    await replay();
    await until("it is answered", async () => (await conversations.sent()).length === 1);
    expect(await conversations.questions()).toHaveLength(3);
    expect(await conversations.messages("author = 'ai'")).toHaveLength(1);
  });

  test("9: a question that was answered too late and is asked anew takes the same answer, and sends it once", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "500" },
    });
    for (const fault of ["slow", "no_answer"])
      await conversations.injectFault({ match: { api: "n8n" }, fault, times: 1 });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Is the mill open?");
    await died(1);
    await conversations.releaseAnswers();
    await until("the late answer is kept", async () => (await conversations.messages("author = 'ai'")).length === 1);
    await replay();
    await until("it is answered", async () => (await conversations.sent()).length === 1);
    const kept = await conversations.messages("author = 'ai'");
    expect(new Set(kept.map(({ body }) => body))).toEqual(new Set(["You wrote: Is the mill open?"]));
    expect(kept.map(({ status }) => status === "suppressed").filter(Boolean)).toHaveLength(1);
    expect(await conversations.sent()).toHaveLength(1);
  });
});
