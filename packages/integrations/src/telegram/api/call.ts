import { type Http, type HttpRequest, type Now, type ProviderError, retryable } from "@millrace/core";
import type { Opts } from "@grammyjs/types";
import { isObject } from "../../shared/json-value.ts";
import type { Bot } from "./bot.ts";
import { failureOf, type CallScopes, migratedTo } from "./failure.ts";

/** A method of the Bot API with its parameters. A file to upload can replace a file id or a URL. */
export type MethodCall = {
  [Method in keyof Opts<File>]: { method: Method; params: Opts<File>[Method] };
}[keyof Opts<File>];

/** The Bot API's response to a call. */
export type Answer =
  | { ok: true; result: unknown }
  /** `migratedTo` is the new id of the chat, if it has one. */
  | { ok: false; error: ProviderError; migratedTo: string | undefined };

/**
 * Calls the Bot API: https://core.telegram.org/bots/api#making-requests. The URL holds the token, so it is never logged.
 * @throws ProviderError if there is no response
 */
export async function callTelegram(
  { baseUrl, token }: Bot,
  { method, params }: MethodCall,
  scopes: CallScopes,
  { http, now, signal }: { http: Http; now: Now; signal: AbortSignal },
): Promise<Answer> {
  const url = `${baseUrl}/bot${token}/${method}`;
  const response = await http({ method: "POST", url, ...bodyOf(params) }, signal);
  const { status, json } = response;
  if (status >= 200 && status < 300) {
    if (isObject(json) && json["ok"] === true) return { ok: true, result: json["result"] };
    if (!isObject(json) || json["ok"] !== false) return { ok: false, error: unreadable(), migratedTo: undefined };
  }
  return { ok: false, error: failureOf(response, scopes, now()), migratedTo: migratedTo(response) };
}

/** The error for a successful response that cannot be read. The call probably succeeded. */
export function unreadable(): ProviderError {
  return retryable("cannot read Telegram's response", { code: "malformed", uncertain: true });
}

/**
 * JSON, or a multipart body if there are files to upload. A file inside a parameter becomes its own field, which the
 * parameter references: https://core.telegram.org/bots/api#sending-files
 */
function bodyOf(params: object): Pick<HttpRequest, "headers" | "body"> {
  const files = new Map<string, File>();
  const attach = (_key: string, value: unknown): unknown => {
    if (!(value instanceof File)) return value;
    const name = `file${files.size}`;
    files.set(name, value);
    return `attach://${name}`;
  };
  const form = new FormData();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    if (value instanceof File) files.set(name, value);
    else form.set(name, typeof value === "string" ? value : JSON.stringify(value, attach));
  }
  if (files.size === 0) return { headers: { "content-type": "application/json" }, body: JSON.stringify(params) };
  for (const [name, file] of files) form.set(name, file);
  return { body: form };
}
