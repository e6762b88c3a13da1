import { type MediaSource, permanent } from "@millrace/core";
import { z } from "zod";
import { botOf } from "../api/bot.ts";
import { callTelegram, unreadable } from "../api/call.ts";
import { failureOf } from "../api/failure.ts";
import { botScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { parseAccountId } from "../chat-address.ts";

/** The largest file that a bot can fetch, in bytes: https://core.telegram.org/bots/api#getfile */
const MAX_BYTES = 20 * 1024 * 1024;

/** MIME types of files that Telegram announces without one: photos, stickers and round videos. */
const MIME_TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  webp: "image/webp",
  webm: "video/webm",
  tgs: "application/x-tgsticker",
  mp4: "video/mp4",
};

/** https://core.telegram.org/bots/api#file */
const fileSchema = z.object({ file_path: z.string().min(1), file_size: z.number().optional().catch(undefined) });

/** Fetches files: it looks up the path and then downloads the file. The URL contains the token, so it is never stored. */
export function telegramMedia(config: ApiConfig): MediaSource {
  return {
    scopes: ({ accountId }) => [botScope(parseAccountId(accountId).bot)],
    maxBytes: MAX_BYTES,
    async open({ accountId, media }, context) {
      const label = parseAccountId(accountId).bot;
      const bot = botOf(config, label);
      const scopes = { bot: botScope(label) };
      checkSize(media.sizeBytes);
      const answer = await callTelegram(bot, { method: "getFile", params: { file_id: media.id } }, scopes, context);
      if (!answer.ok) throw answer.error;
      const file = fileSchema.safeParse(answer.result).data;
      if (!file) throw unreadable();
      checkSize(file.file_size);
      const path = file.file_path.split("/").map(encodeURIComponent).join("/");
      const url = `${bot.baseUrl}/file/bot${bot.token}/${path}`;
      const { status, headers, body } = await context.download({ method: "GET", url }, context.signal);
      if (status === 404) throw permanent("Telegram no longer has the file", "gone");
      if (!body) throw failureOf({ status, headers, json: undefined }, scopes, context.now());
      return {
        body,
        mimeType: media.mimeType ?? MIME_TYPES[path.split(".").at(-1) ?? ""],
        sha256: undefined,
        sizeBytes: file.file_size,
      };
    },
  };
}

function checkSize(sizeBytes: number | undefined): void {
  if (sizeBytes !== undefined && sizeBytes > MAX_BYTES)
    throw permanent("the file is larger than the 20 MB that a bot can fetch", "too_large");
}
