import { unavailable } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { config, fakeBotApi, NOW, rejection, type Scripted, success, TOKEN } from "../test/fake-bot-api.ts";
import { CONVERSATION, failureOf, outgoing } from "../test/outgoing.ts";
import { telegramOutbound } from "./outbound.ts";

const outbound = telegramOutbound(config);

const text = { type: "text", text: "The sluice is open" };

describe("an error response is classified:", () => {
  const permanent = { kind: "permanent" };
  const paused = { kind: "paused", scope: "telegram:shop" };
  const down = { kind: "unavailable", scope: "telegram:shop" };
  const bad = (description: string) => rejection(400, `Bad Request: ${description}`);
  const forbidden = (description: string) => rejection(403, `Forbidden: ${description}`);
  const throttled = (seconds: number) => ({
    kind: "rate_limited",
    scope: `telegram:shop:${CONVERSATION}`,
    until: new Date(NOW.getTime() + seconds * 1000),
    widen: "telegram:shop",
  });

  test.each<[string, Scripted, { next: object; code: string; uncertain?: boolean }]>([
    [
      "429",
      rejection(429, "Too Many Requests: retry after 35", { retry_after: 35 }),
      { next: throttled(35), code: "429" },
    ],
    [
      "429 from a proxy",
      { status: 429, json: undefined, headers: { "retry-after": "7" } },
      { next: throttled(7), code: "429" },
    ],
    ["401", rejection(401, "Unauthorized"), { next: paused, code: "401" }],
    ["404", rejection(404, "Not Found"), { next: paused, code: "404" }],
    ["409", rejection(409, "Conflict: terminated by other getUpdates request"), { next: paused, code: "409" }],
    ["413", { status: 413, json: undefined }, { next: permanent, code: "too_large" }],
    ["500", rejection(500, "Internal Server Error"), { next: down, code: "500", uncertain: true }],
    ["502 from a proxy", { status: 502, json: undefined }, { next: down, code: "502", uncertain: true }],
    [
      "an unreadable 200",
      { status: 200, json: undefined },
      { next: { kind: "retryable" }, code: "malformed", uncertain: true },
    ],
    ["a 200 without an id", success({}), { next: { kind: "retryable" }, code: "malformed", uncertain: true }],
    ["blocked", forbidden("bot was blocked by the user"), { next: permanent, code: "unreachable" }],
    ["deactivated", forbidden("user is deactivated"), { next: permanent, code: "unreachable" }],
    ["kicked", forbidden("bot was kicked from the supergroup chat"), { next: permanent, code: "unreachable" }],
    ["not a member", forbidden("bot is not a member of the channel chat"), { next: permanent, code: "unreachable" }],
    ["deleted", forbidden("the group chat was deleted"), { next: permanent, code: "unreachable" }],
    [
      "an unknown user",
      forbidden("bot can't initiate conversation with a user"),
      { next: permanent, code: "unreachable" },
    ],
    ["another 403", forbidden("the moon is full"), { next: permanent, code: "403" }],
    ["no chat", bad("chat not found"), { next: permanent, code: "chat_not_found" }],
    ["too long", bad("message is too long"), { next: permanent, code: "too_long" }],
    ["MESSAGE_TOO_LONG", bad("MESSAGE_TOO_LONG"), { next: permanent, code: "too_long" }],
    ["empty", bad("message text is empty"), { next: permanent, code: "empty_text" }],
    ["file id", bad("wrong file identifier specified"), { next: permanent, code: "bad_file_id" }],
    ["button data", bad("BUTTON_DATA_INVALID"), { next: permanent, code: "bad_keyboard" }],
    [
      "button URL",
      bad("inline keyboard button URL 'x' is invalid: Wrong HTTP URL"),
      { next: permanent, code: "bad_keyboard" },
    ],
    ["rights", bad("not enough rights to send text messages to the chat"), { next: permanent, code: "no_rights" }],
    ["another 400", bad("the moon is full"), { next: permanent, code: "400" }],
  ])("%s", async (_, answer, expected) => {
    const { context, requests } = fakeBotApi([answer]);
    const failure = await failureOf(outbound.send(outgoing({ type: "text", text: "x" }), context));
    expect(failure).toMatchObject({ uncertain: false, ...expected });
    expect(failure.message).not.toContain("moon");
    expect(requests).toHaveLength(1);
  });

  test("a missing response is as uncertain as the network error", async () => {
    const { context } = fakeBotApi([unavailable("network failure: ECONNRESET", undefined, { uncertain: true })]);
    expect(await failureOf(outbound.send(outgoing(text), context))).toMatchObject({
      next: { kind: "unavailable" },
      uncertain: true,
    });
  });
});

test("no error or log contains the token, the chat id or the text", async () => {
  const answers: Scripted[] = [
    rejection(400, "Bad Request: 7001 sluice"),
    rejection(401, "Unauthorized 7001"),
    rejection(429, "Too Many Requests 7001", { retry_after: 3 }),
    { status: 302, json: undefined, headers: { location: `https://telegram.test/bot${TOKEN}/x` } },
    { status: 200, json: "sluice" },
  ];
  for (const answer of answers) {
    const { context, logged } = fakeBotApi([answer]);
    const failure = await failureOf(outbound.send(outgoing(text), context));
    expect(`${failure.message} ${JSON.stringify(failure.next)} ${logged()}`).not.toMatch(
      /weir-token|7001|sluice|telegram\.test/,
    );
  }
});
