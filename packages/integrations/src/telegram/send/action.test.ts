import { describe, expect, test } from "vitest";
import { config, fakeBotApi, refusal, type Scripted, success } from "../test/fake-bot-api.ts";
import { failureOf, outgoing } from "../test/outgoing.ts";
import { telegramOutbound } from "./outbound.ts";

const outbound = telegramOutbound(config);

describe("an action", () => {
  const act = (action: unknown, answer: Scripted) => {
    const { content: _, replyTo: __, rateLimitHits: ___, ...place } = outgoing(undefined);
    const { context, asked } = fakeBotApi([answer]);
    return { done: outbound.act({ ...place, action }, context), asked };
  };

  test("shows what the bot is doing", async () => {
    const { done, asked } = act({ chatAction: "typing" }, success(true));
    await done;
    expect(asked[0]).toMatchObject({ method: "sendChatAction", params: { chat_id: 7001, action: "typing" } });
  });

  test("ends the wait of who pressed a button", async () => {
    const { done, asked } = act({ answerCallbackQuery: "99" }, success(true));
    await done;
    expect(asked[0]).toMatchObject({ method: "answerCallbackQuery", params: { callback_query_id: "99" } });
  });

  test("is done when nobody waits any more", async () => {
    const old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    await expect(act({ answerCallbackQuery: "99" }, refusal(400, old)).done).resolves.toBeUndefined();
  });

  test("fails like a message", async () => {
    const failure = await failureOf(act({ chatAction: "typing" }, refusal(403, "Forbidden: user is deactivated")).done);
    expect(failure).toMatchObject({ next: { kind: "permanent" }, code: "unreachable" });
  });

  test("is not done where Telegram's yes cannot be read", async () => {
    const failure = await failureOf(act({ chatAction: "typing" }, { status: 200, json: undefined }).done);
    expect(failure).toMatchObject({ code: "malformed" });
  });

  test("that is none of ours is given up", async () => {
    expect(await failureOf(act({ dance: true }, success(true)).done)).toMatchObject({ next: { kind: "permanent" } });
  });
});
