import { afterEach, describe, expect, test } from "vitest";
import { contentHash, uuidv7 } from "@millrace/core";
import { queueStores, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import { queueTextsWithoutJobs, SHORT_RECONCILER, textsByConversation } from "./lost-queue-harness.ts";

const CONVERSATIONS = 20;
const TEXTS = ["one", "two", "three"];
const NO_AI = { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" };

describe.each(queueStores())("15: after the queue on $kind lost its jobs,", (store) => {
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  const startWorker = () => conversations.startWorker(SHORT_RECONCILER);
  const open = async (variables = {}) => {
    conversations = await openConversationHarness(store, { variables });
    return `whatsapp:${conversations.environment["WHATSAPP_PHONE_NUMBER_ID"]}`;
  };

  test("the messages of 20 conversations are sent once and in order", { timeout: 120_000 }, async () => {
    await open(NO_AI);
    startWorker();
    await queueTextsWithoutJobs(conversations, CONVERSATIONS, TEXTS);
    await until("some are sent", async () => (await conversations.sent()).length > CONVERSATIONS);
    await conversations.loseData();
    await until(
      "all are sent",
      async () => (await conversations.sent()).length >= CONVERSATIONS * TEXTS.length,
      60_000,
    );
    await until(
      "no message is unfinished",
      async () => (await conversations.messages("status in ('queued', 'sending')")).length === 0,
    );
    const texts = textsByConversation(await conversations.sent());
    expect(texts).toHaveLength(CONVERSATIONS);
    for (const ofOne of texts) expect(ofOne).toEqual(TEXTS);
    expect(await conversations.rows.rows("select from millrace.dead_letters")).toEqual([]);
    expect(conversations.log.lines()).toContainEqual(expect.objectContaining({ msg: "reconciler.completed" }));
  });

  test("AI turns are dispatched and answered, and an answer that is overdue is asked for again", async () => {
    await open({ N8N_GATHER_MS: "500", N8N_ANSWER_TIMEOUT_MS: "5000" });
    startWorker();
    await conversations.injectFault({ match: { api: "n8n" }, fault: "no_answer", times: 1 });
    await conversations.receiveWhatsapp("15551230001", "Is the mill open?");
    await until("it awaits its reply", async () => (await conversations.questions()).length === 1);
    await conversations.receiveWhatsapp("15551230002", "And tomorrow?");
    await until("both turns are open", async () => (await openTurns()).length === 2);
    await conversations.loseData();
    await until("both are answered", async () => (await conversations.sent()).length === 2);
    expect(await openTurns()).toEqual([]);
    const asks = (await conversations.questions()).map(({ ask }) => ask);
    expect(asks.toSorted((one, two) => one - two)).toEqual([1, 1, 2]);
  });
  const openTurns = () =>
    conversations.rows.rows("select id from millrace.ai_turns where state in ('debouncing', 'awaiting_reply')");

  /** Inserts an event that is done. The queue does not have its follow-up jobs. */
  const insertEvent = (followUps: readonly unknown[]) => {
    const id = uuidv7();
    return conversations.rows.rows(
      `insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, result, correlation_id, received_at, follow_ups)
       values ('${id}', 'whatsapp', '${id}', 'message', 'h', 'done', 'written', 'c-1', now(), '${JSON.stringify(followUps)}')`,
    );
  };

  test("a file that is not stored is fetched", async () => {
    await open(NO_AI);
    await receiveFirst();
    const media = { id: "sandbox-media-image", mimeType: "image/jpeg" };
    const [row] = await conversations.rows.rows<{ tenant_id: string; account_id: string; external_id: string }>(
      `update messages set type = 'image', media = '${JSON.stringify(media)}' returning tenant_id, account_id, external_id`,
    );
    if (!row) throw new Error("there is no message");
    const { tenant_id: tenantId, account_id: accountId, external_id: externalId } = row;
    const payload = { tenantId, channel: "whatsapp", accountId, externalId, media };
    const id = `media.${contentHash([accountId, externalId])}`;
    await insertEvent([{ integration: "whatsapp", role: "media", id, kind: "media", payload }]);
    await until(
      "it is stored",
      async () => (await conversations.rows.rows("select from messages where media ? 'stored'")).length === 1,
    );
    expect(await conversations.rows.rows("select from millrace.dead_letters")).toEqual([]);
  });

  test("the follow-up job of an event runs, and one that is dead or discarded does not", async () => {
    const number = await open(NO_AI);
    await receiveFirst();
    const [conversation] = await conversations.rows.rows<{ id: string }>("select id from conversations");
    const accountId = number.replace("whatsapp:", "");
    const payload = { accountId, conversationId: conversation?.id, action: { type: "typing" } };
    const jobs = ["lost", "dead", "discarded"].map((id) => ({
      integration: "whatsapp",
      role: "outbound",
      id: `act.${id}`,
      kind: "act",
      payload,
    }));
    for (const status of ["dead", "discarded"])
      await conversations.rows.rows(
        `insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, correlation_id, received_at)
         values ('${uuidv7()}', 'whatsapp', 'act.${status}', 'act', 'h', '${status}', 'c-1', now())`,
      );
    await insertEvent(jobs);
    const attempted = () => conversations.log.lines().filter((line) => line["msg"] === "job.attempted");
    const attemptedActs = () => new Set(attempted().flatMap(({ kind, jobId }) => (kind === "act" ? [jobId] : [])));
    await until("the lost one ran", () => attemptedActs().has("act.lost"));
    const runs = () => conversations.log.lines().filter(({ msg }) => msg === "reconciler.completed").length;
    const before = runs();
    await insertEvent([{ ...jobs[0], id: "act.later" }]);
    await until("another one is found later", () => attemptedActs().has("act.later") && runs() > before);
    expect(attemptedActs()).toEqual(new Set(["act.lost", "act.later"]));
  });

  async function receiveFirst() {
    startWorker();
    await conversations.receiveWhatsapp("15551230001", "Hello");
    await until("the message is stored", async () => (await conversations.messages()).length === 1);
  }
});
