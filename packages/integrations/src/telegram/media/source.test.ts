import { type HttpDownload, ProviderError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { config, downloadOf, fakeBotApi, rejection, type Scripted, success, TOKEN } from "../test/fake-bot-api.ts";
import { telegramMedia } from "./source.ts";

const source = telegramMedia(config);
const url = `https://telegram.test/file/bot${TOKEN}/photos/file_1.jpg`;
const found = success({ file_id: "f", file_path: "photos/file_1.jpg", file_size: 4 });

function open(answers: Scripted[], download?: HttpDownload, sizeBytes?: number, accountId = "shop/link-1") {
  const api = fakeBotApi(answers, download ? { downloads: { [url]: download } } : {});
  return {
    ...api,
    opened: source.open({ channel: "telegram", accountId, media: { id: "f", sizeBytes } }, api.context),
  };
}

test("a file is looked up and downloaded, also for a bot of a business account", async () => {
  const { opened, requests, downloaded } = open([found], downloadOf(Buffer.from("pict")));
  const { body, ...file } = await opened;
  expect(requests).toMatchObject([{ method: "getFile", params: { file_id: "f" } }]);
  expect(downloaded).toHaveLength(1);
  expect(file).toEqual({ mimeType: "image/jpeg", sha256: undefined, sizeBytes: 4 });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("pict");
});

test("a file waits for its bot", () => {
  expect(source.scopes({ accountId: "shop/link-1" })).toEqual(["telegram:shop"]);
});

describe("fetching a file fails", () => {
  const gone = { status: 404, headers: {}, body: undefined };
  const revoked = { status: 401, headers: {}, body: undefined };
  const down = { status: 502, headers: {}, body: undefined };
  const bad = (description: string) => rejection(400, `Bad Request: ${description}`);
  const permanent = { kind: "permanent" };
  test.each<[string, Parameters<typeof open>, object]>([
    [
      "without a request when its announced size is too large",
      [[], undefined, 20 * 1024 * 1024 + 1],
      { next: permanent, code: "too_large" },
    ],
    ["when it is too large", [[bad("file is too big")]], { next: permanent, code: "too_large" }],
    ["when the file does not exist", [[bad("invalid file_id")]], { next: permanent, code: "bad_file_id" }],
    [
      "temporarily when the file may become available",
      [[bad("wrong file_id or the file is temporarily unavailable")]],
      { next: { kind: "retryable" } },
    ],
    ["when the file is gone", [[found], gone], { next: permanent, code: "gone" }],
    ["when the token was revoked", [[found], revoked], { next: { kind: "paused", scope: "telegram:shop" } }],
    ["temporarily when Telegram is down", [[found], down], { next: { kind: "unavailable", scope: "telegram:shop" } }],
    ["temporarily when the response has no path", [[success({})]], { next: { kind: "retryable" } }],
    [
      "temporarily when the bot is throttled",
      [[rejection(429, "Too Many Requests: retry after 3", { retry_after: 3 })]],
      { next: { kind: "rate_limited", scope: "telegram:shop" } },
    ],
    [
      "until a token is configured",
      [[], undefined, undefined, "mill"],
      { next: { kind: "paused", scope: "telegram:mill" } },
    ],
  ])("%s", async (_, given, expected) => {
    const { opened, logged } = open(...given);
    const failure: unknown = await opened.catch((error: unknown) => error);
    if (!(failure instanceof ProviderError)) throw new Error("no ProviderError");
    expect(failure).toMatchObject(expected);
    expect(`${failure.message} ${logged()}`).not.toMatch(/weir-token|telegram\.test/);
  });
});
