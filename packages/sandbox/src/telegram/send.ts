import type { SandboxDeps } from "../deps.ts";
import { badRequest, TelegramApiError, tooManyRequests } from "./responses.ts";
import type { Call } from "./call.ts";
import { chatOf, type MessageIds, rateLimitUsesOf } from "./chats.ts";
import { FILE_KINDS, type FileKind, type Files } from "./files.ts";
import { checkKeyboard } from "./keyboard.ts";
import { plainText } from "./markup/plain-text.ts";
import type { Bot } from "./tokens.ts";
import type { Webhooks } from "./webhooks.ts";

/** The dependencies of a method, and the fault with which it takes effect. */
export type MethodContext = SandboxDeps & {
  bot: Bot;
  ids: MessageIds;
  files: Files;
  webhooks: Webhooks;
  fault: string | undefined;
};

/** The content of a message; `fields` are those of its type. */
type Content = { type: string; fields: Record<string, unknown>; text?: string | undefined };

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
const MAX_ALBUM = 10;

/** Implements `sendMessage`. */
export function sendText(call: Call, context: MethodContext): unknown {
  const { text: markup, parse_mode: parseMode } = call.parameters;
  const text = plainText(typeof markup === "string" ? markup : "", parseMode);
  if (text === "") throw badRequest("message text is empty");
  if (text.length > MAX_TEXT) throw badRequest("message is too long");
  return post(call, context, [{ type: "text", fields: { text }, text }])[0];
}

/** Implements `sendPhoto` and the other methods of {@link FILE_KINDS}. */
export async function sendFile(kind: FileKind, call: Call, context: MethodContext): Promise<unknown> {
  return post(call, context, [await fileContent(kind, call.parameters[kind], call.parameters, call, context)])[0];
}

/** Implements `sendLocation`. */
export function sendLocation(call: Call, context: MethodContext): unknown {
  const [latitude, longitude] = [Number(call.parameters["latitude"]), Number(call.parameters["longitude"])];
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
    throw badRequest("wrong latitude or longitude specified");
  return post(call, context, [{ type: "location", fields: { location: { latitude, longitude } } }])[0];
}

/** Implements `sendMediaGroup`, which sends all messages of an album or none. */
export async function sendAlbum(call: Call, context: MethodContext): Promise<unknown> {
  const { media } = call.parameters;
  if (!Array.isArray(media)) throw badRequest('parameter "media" is required');
  if (media.length === 0) throw badRequest("there are no messages to send");
  if (media.length > MAX_ALBUM) throw badRequest("too many messages to send as an album");
  const kinds = new Set(media.map((item: Record<string, unknown>) => item["type"]));
  for (const kind of ["document", "audio"])
    if (kinds.has(kind) && kinds.size > 1) throw badRequest(`${kind} can't be mixed with other media types`);
  const items: Content[] = [];
  for (const item of media as Record<string, unknown>[]) {
    const kind = FILE_KINDS.find((name) => name === item["type"] && name !== "voice");
    if (!kind) throw badRequest(`can't parse InputMedia: type "${String(item["type"])}" is unsupported`);
    items.push(await fileContent(kind, item["media"], item, call, context));
  }
  return post(call, context, items);
}

async function fileContent(
  kind: FileKind,
  file: unknown,
  { caption: markup, parse_mode: parseMode }: Readonly<Record<string, unknown>>,
  call: Call,
  { files }: MethodContext,
): Promise<Content> {
  const caption = typeof markup === "string" ? plainText(markup, parseMode) : "";
  if (caption.length > MAX_CAPTION) throw badRequest("message caption is too long");
  const fields = { [kind]: await files.resolve(file, kind, call), ...(caption === "" ? {} : { caption }) };
  return { type: kind, fields, text: caption || undefined };
}

/** Sends messages to a chat. Several messages become an album. */
function post(
  call: Call,
  { bot, ids, rateLimiter, sent, now, fault }: MethodContext,
  contents: readonly Content[],
): unknown[] {
  const { chat_id: chatId, reply_markup: keyboard, reply_parameters: reply } = call.parameters;
  const chat = chatOf(chatId);
  checkKeyboard(keyboard);
  const rejected = rateLimiter.use(rateLimitUsesOf(bot, chat));
  if (rejected) throw new TelegramApiError(tooManyRequests(Math.ceil(rejected.waitMs / 1000)));
  const from = { id: bot.id, is_bot: true, first_name: "Sandbox", username: `${bot.name.replaceAll("-", "_")}_bot` };
  let group: string | undefined;
  return contents.map(({ type, fields, text }) => {
    const id = ids.next(bot, chat);
    if (contents.length > 1) group ??= String(id);
    const content = loggedContent(call);
    const to = String(chatId);
    sent.record({
      channel: "telegram",
      account: bot.name,
      to,
      messageId: undefined,
      externalId: String(id),
      type,
      text,
      content,
      fault,
      misdelivered: false,
    });
    return {
      message_id: id,
      from,
      chat,
      date: Math.floor(now().getTime() / 1000),
      ...(group === undefined ? {} : { media_group_id: group }),
      ...(typeof reply === "object" && reply !== null && "message_id" in reply
        ? { reply_to_message: { message_id: reply.message_id, chat, date: 0 } }
        : {}),
      ...fields,
      ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
    };
  });
}

/** Returns the parameters of a call, with the names and sizes of its files. */
function loggedContent({ parameters, files }: Call): unknown {
  if (files.size === 0) return parameters;
  return { ...parameters, files: [...files].map(([part, { name, size, type }]) => ({ part, name, size, type })) };
}
