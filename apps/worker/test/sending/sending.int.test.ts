import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createPauseOperations } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const SEND = "/api/integrations/whatsapp/send";
const ADA = "15551230001";

describe("sending", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  /** Opens conversations in their 24-hour window, without an AI. */
  const open = (...phones: string[]) => openWith(1_500, ...phones);
  const openWith = async (reconcileMs: number, ...phones: string[]) => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker({ reconcileMs });
    for (const phone of phones) await conversations.receiveWhatsapp(phone, "Hello");
    await until("the windows are open", async () => (await conversations.messages()).length === phones.length);
  };
  const send = (phone: string, text: string, key?: string) =>
    conversations.call(SEND, { to: { phone: `+${phone}` }, message: { type: "text", text } }, key);
  const texts = async () => (await conversations.sent()).map(({ text }) => text);
  const outcomes = async () => {
    const rows = await conversations.messages("direction = 'outbound'");
    return rows.map(({ body, status }) => [body, status]);
  };
  const completed = (count: number) =>
    until(`${count} messages are terminal`, async () => {
      const rows = await conversations.messages("direction = 'outbound' and status not in ('queued', 'sending')");
      return rows.length === count && rows;
    });

  test("5: messages of a conversation are sent in the order accepted, also when the first needs retries", async () => {
    await open(ADA, "15551230002");
    await conversations.injectFault({ match: { api: "whatsapp", to: `+${ADA}` }, fault: "code:131016", times: 2 });
    for (const text of ["one", "two", "three", "four"]) await send(ADA, text);
    await send("15551230002", "elsewhere");
    await completed(5);
    const sent = await texts();
    expect(sent[0]).toBe("elsewhere");
    expect(sent.slice(1)).toEqual(["one", "two", "three", "four"]);
  });

  test("5: a message that becomes a dead letter does not block the messages behind it", async () => {
    await open(ADA);
    await conversations.injectFault({ match: { api: "whatsapp" }, fault: "code:131009", times: 1 });
    for (const text of ["one", "two", "three"]) await send(ADA, text);
    await completed(3);
    expect(await texts()).toEqual(["two", "three"]);
    expect(await outcomes()).toContainEqual(["one", "failed"]);
    const deadLetters = await conversations.rows.rows<{ queue: string; state: string }>(
      "select queue, state from millrace.dead_letters",
    );
    expect(deadLetters).toEqual([{ queue: "whatsapp-outbound", state: "dead" }]);
  });

  test.each(["http_500_taken", "timeout_taken", "malformed"])(
    "12: a send with a lost answer (%s) is reconciled by its status and not repeated",
    async (fault) => {
      await open(ADA);
      await conversations.injectFault({ match: { api: "whatsapp" }, fault, times: 1 });
      await send(ADA, "one");
      await send(ADA, "two");
      await completed(2);
      expect(await texts()).toEqual(["one", "two"]);
    },
    60_000,
  );

  test("12: an uncertain send is not repeated while the platform can still report it", async () => {
    await openWith(60_000, ADA);
    for (const fault of ["http_500_taken", "status_late"])
      await conversations.injectFault({ match: { api: "whatsapp" }, fault, times: 1 });
    await send(ADA, "one");
    const attempts = () =>
      conversations.log.lines().filter(({ msg, kind }) => msg === "job.attempted" && kind === "send").length;
    await until("the job ran again", () => attempts() > 1);
    expect(await outcomes()).toEqual([["one", "sending"]]);
    await fetch(`${conversations.sandboxUrl}/_statuses/release`, { method: "POST" });
    await until("its statuses have arrived", async () => (await outcomes())[0]?.[1] === "read");
    expect(await texts()).toEqual(["one"]);
  });

  test("12: an uncertain send that no status reports in time is sent again", async () => {
    await open(ADA);
    await conversations.injectFault({ match: { api: "whatsapp" }, fault: "http_500", times: 1 });
    await send(ADA, "one");
    await completed(1);
    expect(await texts()).toEqual(["one"]);
  });

  test("6: statuses that arrive before the answer, twice or out of order never move a message back", async () => {
    await open(ADA, "15551230002", "15551230003");
    for (const [phone, fault] of [
      [ADA, "status_first"],
      ["15551230002", "status_twice"],
      ["15551230003", "status_reordered"],
    ] as const) {
      await conversations.injectFault({ match: { api: "whatsapp", to: `+${phone}` }, fault, times: 1 });
      await send(phone, fault);
    }
    const statuses = async () => (await outcomes()).map(([, status]) => status);
    await until("all are read", async () => (await statuses()).filter((status) => status === "read").length === 3);
    expect(await statuses()).toEqual(["read", "read", "read"]);
  });

  test("3: a request repeated under its Idempotency-Key is sent once; a different one becomes a dead letter", async () => {
    await open(ADA);
    const first = await send(ADA, "one", "order-7");
    expect(await send(ADA, "one", "order-7")).toEqual(first);
    await completed(1);
    expect(await send(ADA, "another", "order-7")).toMatchObject({ messageIds: first["messageIds"] });
    const [deadLetter] = await until("it is dead", async () => {
      const rows = await conversations.rows.rows<{ error: string }>("select error from millrace.dead_letters");
      return rows.length > 0 && rows;
    });
    expect(deadLetter?.error).toBe("the Idempotency-Key was used before, for another message");
    expect(await texts()).toEqual(["one"]);
  });

  test("outside the 24-hour window a text becomes a dead letter that names templates, and a template is sent", async () => {
    await open();
    await send(ADA, "one");
    await conversations.call(SEND, {
      to: { phone: `+${ADA}` },
      message: { type: "template", name: "hello", language: "en_US" },
    });
    await completed(2);
    expect((await conversations.sent()).map(({ type }) => type)).toEqual(["template"]);
    const [deadLetter] = await conversations.rows.rows<{ error: string }>("select error from millrace.dead_letters");
    expect(deadLetter?.error).toContain("template");
  });

  test("14: a message is not sent after its expiresAt, also when its job has lost the time", async () => {
    await open(ADA);
    const pause = { actor: "Bea", reason: "a test" };
    const pauses = createPauseOperations(conversations.database, uuidv7);
    const [conversation] = await conversations.rows.rows<{ scope: string }>(
      "select channel || ':' || account_id as scope from conversations",
    );
    const { scope } = conversation ?? { scope: "" };
    await pauses.set(scope, pause);
    await send(ADA, "too late");
    await send(ADA, "in time");
    await until("both are queued", async () => (await outcomes()).length === 2);
    await conversations.rows.rows(
      "update messages set expires_at = now() - interval '1 second' where body = 'too late'",
    );
    await pauses.resume(scope, pause);
    await completed(2);
    expect(await texts()).toEqual(["in time"]);
    expect((await conversations.messages("body = 'too late'")).map(({ status, error }) => [status, error])).toEqual([
      ["failed", "expired while it waited: its expiresAt has passed"],
    ]);
  });

  test("a rate-limited recipient waits, and other recipients do not", async () => {
    await open(ADA, "15551230002");
    await conversations.injectFault({ match: { api: "whatsapp", to: `+${ADA}` }, fault: "code:131056", times: 1 });
    await send(ADA, "one");
    await until("the recipient is rate limited", async () => conversations.log.text().includes("scope.rate_limited"));
    await send("15551230002", "two");
    await completed(2);
    expect(await texts()).toEqual(["two", "one"]);
    expect(await conversations.rows.rows("select attempts from millrace.dead_letters")).toEqual([]);
  });

  test("an expired token pauses the number with one alert, and its messages are sent in order afterwards", async () => {
    await open(ADA, "15551230002");
    await conversations.injectFault({ match: { api: "whatsapp" }, fault: "expired_token", times: 3 });
    for (const text of ["one", "two"]) await send(ADA, text);
    await send("15551230002", "elsewhere");
    await completed(3);
    expect(conversations.log.lines().filter(({ alert }) => alert === true)).toHaveLength(1);
    expect((await texts()).filter((text) => text !== "elsewhere")).toEqual(["one", "two"]);
  });
});
