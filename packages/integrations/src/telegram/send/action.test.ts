import { describe, expect, test } from "vitest";
import { config, fakeBotApi, rejection, type Scripted, success } from "../test/fake-bot-api.ts";
import { failureOf, outgoing } from "../test/outgoing.ts";
import { telegramOutbound } from "./outbound.ts";

const outbound = telegramOutbound(config);

describe("an action", () => {
  const act = (action: unknown, answer: Scripted) => {
    const { content: _, replyTo: __, rateLimitHits: ___, ...conversation } = outgoing(undefined);
    const { context, requests } = fakeBotApi([answer]);
    return { done: outbound.act({ ...conversation, action }, context), requests };
  };

  test("shows a chat action of the bot", async () => {
    const { done, requests } = act({ chatAction: "typing" }, success(true));
    await done;
    expect(requests[0]).toMatchObject({ method: "sendChatAction", params: { chat_id: 7001, action: "typing" } });
  });

  test("answers a callback query", async () => {
    const { done, requests } = act({ answerCallbackQuery: "99" }, success(true));
    await done;
    expect(requests[0]).toMatchObject({ method: "answerCallbackQuery", params: { callback_query_id: "99" } });
  });

  test("succeeds for an expired callback query", async () => {
    const old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    await expect(act({ answerCallbackQuery: "99" }, rejection(400, old)).done).resolves.toBeUndefined();
  });

  test("fails like a message", async () => {
    const failure = await failureOf(
      act({ chatAction: "typing" }, rejection(403, "Forbidden: user is deactivated")).done,
    );
    expect(failure).toMatchObject({ next: { kind: "permanent" }, code: "unreachable" });
  });

  test("fails if Telegram's response cannot be read", async () => {
    const failure = await failureOf(act({ chatAction: "typing" }, { status: 200, json: undefined }).done);
    expect(failure).toMatchObject({ code: "malformed" });
  });

  test("fails permanently if it is unknown", async () => {
    expect(await failureOf(act({ dance: true }, success(true)).done)).toMatchObject({ next: { kind: "permanent" } });
  });
});
