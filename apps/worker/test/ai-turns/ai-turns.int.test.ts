import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const ADA = "15551230001";

describe("AI turns", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  const open = async (variables: Record<string, string> = {}) => {
    conversations = await openConversationHarness(store, { variables });
    conversations.startWorker();
  };
  const asked = (count: number) =>
    until(`${count} questions are sent to the AI`, async () => {
      const questions = await conversations.questions();
      return questions.length >= count && questions;
    });
  const states = async () => {
    const rows = await conversations.rows.rows<{ state: string }>(
      "select state from millrace.ai_turns order by opened_at, id",
    );
    return rows.map(({ state }) => state);
  };

  test("messages within the debounce are one question, in order", async () => {
    await open({ N8N_GATHER_MS: "1000" });
    const texts = ["one", "two", "three"];
    for (const [index, text] of texts.entries())
      await conversations.receiveWhatsapp(ADA, text, new Date(Date.now() - (texts.length - index) * 1_000));
    const [question] = await asked(1);
    expect(question?.messages.map(({ text }) => text)).toEqual(texts);
    await until("it is answered", async () => (await states()).includes("answered"));
    expect(await conversations.questions()).toHaveLength(1);
  });

  test("5: messages of one request keep their order in the table and in the question, although all have one time", async () => {
    await open({ N8N_GATHER_MS: "300" });
    // No answer arrives, so a question that is asked too early is followed by one about all messages.
    await conversations.injectFault({ match: { api: "n8n" }, fault: "slow", share: 1 });
    const texts = Array.from({ length: 5 }, (_, index) => `text ${index + 1}`);
    const phones = Array.from({ length: 5 }, (_, index) => `1555123000${index + 1}`);
    await Promise.all(phones.map((phone) => conversations.receiveWhatsappTexts(phone, texts)));
    const questions = await until("the AI is asked about all messages of each person", async () => {
      const complete = (await conversations.questions()).filter(({ messages }) => messages.length === texts.length);
      return complete.length === phones.length && complete;
    });
    for (const question of questions) expect(question.messages.map(({ text }) => text)).toEqual(texts);
    const rows = await conversations.rows.rows<{ conversation_id: string; body: string }>(
      "select conversation_id, body from messages where direction = 'inbound' order by sent_at, created_at, request_index",
    );
    for (const ofOne of Map.groupBy(rows, ({ conversation_id }) => conversation_id).values())
      expect(ofOne.map(({ body }) => body)).toEqual(texts);
    expect(rows).toHaveLength(phones.length * texts.length);
  });

  test("a customer who keeps writing gets an answer after the debounce cap", async () => {
    await open({ N8N_GATHER_MS: "600000", N8N_GATHER_CAP_MS: "300" });
    await conversations.receiveWhatsapp(ADA, "one");
    await until("the turn debounces", async () => (await states()).length === 1);
    await conversations.receiveWhatsapp(ADA, "two");
    expect(await asked(1)).toHaveLength(1);
  });

  test("a message while the AI answers supersedes the turn: its answer is suppressed, a new question holds both messages", async () => {
    await open({ N8N_GATHER_MS: "20" });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "slow" });
    await conversations.receiveWhatsapp(ADA, "Do you have flour?");
    await asked(1);
    await conversations.receiveWhatsapp(ADA, "Rye, I mean");
    const [, second] = await asked(2);
    expect(second?.messages.map(({ text }) => text)).toEqual(["Do you have flour?", "Rye, I mean"]);
    await conversations.releaseAnswers();
    await until("both answers are stored", async () => (await conversations.messages("author = 'ai'")).length === 2);
    const answers = await until("one of them is sent", async () => {
      const rows = await conversations.messages("author = 'ai'");
      return rows.some(({ external_id }) => external_id !== null) && rows;
    });
    expect(answers.filter(({ status }) => status === "suppressed")).toMatchObject([
      { error: "a new message came while the AI was thinking" },
    ]);
    expect(await conversations.sent()).toHaveLength(1);
    expect((await states()).toSorted()).toEqual(["answered", "superseded"]);
  });

  test("a turn without an answer is asked a second time and then becomes a dead letter", async () => {
    await open({ N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "300" });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "no_answer", times: 2 });
    await conversations.receiveWhatsapp(ADA, "Anybody?");
    const questions = await asked(2);
    expect(questions.map(({ ask, turnId }) => [ask, turnId])).toEqual([
      [1, questions[0]?.turnId],
      [2, questions[0]?.turnId],
    ]);
    const [deadLetter] = await until("it is dead", async () => {
      const rows = await conversations.rows.rows<{ error: string; queue: string }>(
        "select queue, error from millrace.dead_letters",
      );
      return rows.length > 0 && rows;
    });
    expect(deadLetter).toEqual({ queue: "n8n-ai-turns", error: "the AI did not answer within 0.3 s, twice" });
    expect(await states()).toEqual(["failed"]);
  });

  test("a turn that fails hands the conversation over with a fallback text, and n8n's error workflow receives it once", async () => {
    const reports: unknown[] = [];
    const server = createServer((request, response) => {
      void json(request).then((report) => {
        reports.push(report);
        // The first report is not accepted, and is repeated.
        response.writeHead(reports.length === 1 ? 500 : 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const N8N_ERROR_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/errors`;
      const people = { N8N_ON_FAILURE: "people", N8N_FALLBACK_TEXT: "A colleague will answer you." };
      await open({ N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "300", N8N_ERROR_URL, ...people });
      await conversations.injectFault({ match: { api: "n8n" }, fault: "no_answer", times: 2 });
      await conversations.receiveWhatsapp(ADA, "Anybody?");
      await until("the fallback is sent", async () => (await conversations.sent()).length === 1);
      await until("the failure is reported", () => reports.length === 2);
      await until("no job is unfinished", async () => (await conversations.jobCounts()).unfinished === 0);
      expect((await conversations.sent()).map(({ text }) => text)).toEqual(["A colleague will answer you."]);
      const [question] = await conversations.questions();
      const { turnId, conversation } = question ?? {};
      const failure = {
        type: "conversation.turn_failed",
        turnId,
        conversationId: conversation?.id,
        reason: "no_answer",
      };
      expect(reports).toEqual([failure, failure]);
      const rows = await conversations.rows.rows("select mode, epoch from conversations");
      expect(rows).toEqual([{ mode: "human", epoch: 1 }]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("an inactive workflow pauses n8n with one alert, and the question is asked once it is active", async () => {
    await open({ N8N_GATHER_MS: "20" });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "not_registered", times: 2 });
    await conversations.receiveWhatsapp(ADA, "Anybody?");
    await until("the answer is sent", async () => (await conversations.sent()).length === 1);
    const alerts = conversations.log.lines().filter(({ alert }) => alert === true);
    expect(alerts).toHaveLength(1);
    expect(await conversations.rows.rows("select * from millrace.dead_letters")).toEqual([]);
  });

  test("paused n8n resumes once it accepts a question and not when a turn ends without a call, with one alert", async () => {
    await open({ N8N_GATHER_MS: "20" });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "not_registered", times: 6 });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "slow", times: 1 });
    await conversations.receiveWhatsapp(ADA, "Anybody?");
    await until("n8n is paused", () => conversations.log.text().includes("scope.paused"));
    await conversations.receiveWhatsapp(ADA, "Hello?");
    await until(
      "n8n is resumed",
      async () => (await conversations.rows.rows("select * from millrace.pauses")).length === 0,
    );
    expect(await conversations.questions()).toHaveLength(7);
    expect(conversations.log.lines().filter(({ alert }) => alert === true)).toHaveLength(1);
    await conversations.releaseAnswers();
    await until("the answer is sent", async () => (await conversations.sent()).length === 1);
  });

  test("3: an answer that arrives twice is sent once", async () => {
    await open({ N8N_GATHER_MS: "20" });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "answer_twice" });
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("it is answered", async () => (await conversations.sent()).length > 0);
    await conversations.receiveWhatsapp("15551230002", "Hello");
    await until("the next one is answered", async () => (await conversations.sent()).length > 1);
    expect((await conversations.sent()).map(({ to }) => to)).toEqual([`+${ADA}`, "+15551230002"]);
  });
});
