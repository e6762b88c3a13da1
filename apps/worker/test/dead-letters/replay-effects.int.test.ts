import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createReplays } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const SEND = "/api/integrations/whatsapp/send";
const ADA = "15551230001";
const secondOf = (time: Date) => Math.floor(time.getTime() / 1000);

describe("five replays at once", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  /** Makes an AI turn fail on a worker with a short time-out. The worker after it waits long for its answers. */
  const failTurn = async () => {
    const worker = conversations.startWorker({}, { N8N_ANSWER_TIMEOUT_MS: "500" });
    await conversations.receiveWhatsapp(ADA, "Is the mill open?");
    const [deadLetter] = await deadLetters(1);
    await worker.stop(200);
    conversations.startWorker();
    return deadLetter;
  };
  const deadLetters = (count: number) =>
    until(`${count} dead letters are written`, async () => {
      const rows = await conversations.rows.rows<{ error: string }>(
        "select error from millrace.dead_letters where state = 'dead'",
      );
      return rows.length === count && rows;
    });
  const replay = async () => {
    const replays = createReplays(conversations.database, uuidv7, () => new Date());
    await Promise.all(Array.from({ length: 5 }, () => replays.start({}, 10, { actor: "grace" })));
    await until("the replay has ended", async () => (await replays.latest(1))[0]?.state !== "running");
    await until("no job is unfinished", async () => (await conversations.jobCounts()).unfinished === 0);
    expect(await conversations.rows.rows("select state from millrace.dead_letters where state <> 'resolved'")).toEqual(
      [],
    );
  };

  test("9: a replay sends a refused message once, and does not repeat a sent one", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("the 24-hour window is open", async () => (await conversations.messages()).length === 1);
    await conversations.injectFault({ match: { api: "whatsapp", type: "text" }, fault: "code:131026", times: 1 });
    for (const text of ["refused", "taken"])
      await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text } });
    await deadLetters(1);
    await until("the other is sent", async () => (await conversations.sent()).length === 1);
    await replay();
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(["taken", "refused"]);
    expect(await conversations.messages("status = 'failed'")).toEqual([]);
  });

  test("5: messages of a conversation that are replayed together are sent in the order accepted", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("the 24-hour window is open", async () => (await conversations.messages()).length === 1);
    const texts = ["one", "two", "three", "four", "five", "six"];
    await conversations.injectFault({
      match: { api: "whatsapp", type: "text" },
      fault: "code:131026",
      times: texts.length,
    });
    for (const text of texts)
      await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text } });
    await deadLetters(texts.length);
    await replay();
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(texts);
  });

  test("9: a replay of a timed-out AI turn asks once more, and its answer is sent once", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_GATHER_MS: "20" },
    });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "no_answer", times: 2 });
    const deadLetter = await failTurn();
    expect(deadLetter?.error).toBe("the AI did not answer within 0.5 s, twice");
    expect(await conversations.questions()).toHaveLength(2);
    await replay();
    await until("it is answered", async () => (await conversations.sent()).length === 1);
    expect(await conversations.questions()).toHaveLength(3);
    expect(await conversations.messages("author = 'ai'")).toHaveLength(1);
  });

  test("9: a replay of an AI turn with a late answer sends the answer once", async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_GATHER_MS: "20" },
    });
    for (const fault of ["slow", "no_answer"])
      await conversations.injectFault({ match: { api: "n8n" }, fault, times: 1 });
    await failTurn();
    await conversations.releaseAnswers();
    await until("the late answer is stored", async () => (await conversations.messages("author = 'ai'")).length === 1);
    // The sandbox signs the time in seconds, so the same answer in the same second is the same request.
    const releasedIn = secondOf(new Date());
    await until("the next answer has another signature", () => secondOf(new Date()) > releasedIn);
    await replay();
    await until("it is answered", async () => (await conversations.sent()).length === 1);
    const answers = await conversations.messages("author = 'ai'");
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(["You wrote: Is the mill open?"]));
    expect(answers.map(({ status }) => status === "suppressed").filter(Boolean)).toHaveLength(1);
    expect(await conversations.sent()).toHaveLength(1);
  });
});
