import { classifyHttp, type HttpResponse, permanent, ProviderError, retryable, unavailable } from "@millrace/core";
import { z } from "zod";
import { FILE_BUSY, meaningOf } from "./descriptions.ts";

/** The fields of an error response that classification needs: https://core.telegram.org/bots/api#responseparameters */
const errorSchema = z.object({
  ok: z.literal(false),
  error_code: z.number(),
  description: z.string().catch(""),
  parameters: z
    .object({
      retry_after: z.number().nonnegative().optional().catch(undefined),
      migrate_to_chat_id: z
        .union([z.string(), z.number().transform(String)])
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** The scopes that wait when a call is throttled: the chat first, or the bot if other chats are throttled too. */
export type CallScopes = { bot: string; chat?: string | undefined };

/**
 * Maps an error response to the next step. The error contains none of Telegram's texts, because they can quote the
 * request.
 */
export function failureOf(response: HttpResponse, scopes: CallScopes, now: Date): ProviderError {
  const error = errorSchema.safeParse(response.json).data;
  const status = error?.error_code ?? response.status;
  const code = String(status);
  const seconds = error?.parameters?.retry_after;
  if (status === 429) return throttled(response, seconds, scopes, now);
  if (status >= 500)
    return unavailable(`Telegram has a temporary error (${status})`, scopes.bot, { code, uncertain: true });
  // With a wrong token Telegram returns 401 for the bot or 404 for the method.
  if (status === 401 || status === 404) return paused(`Telegram rejects the bot's token (${status})`, code, scopes);
  if (status === 409)
    return paused("the bot is in use elsewhere (409): a webhook, getUpdates or a log-out", code, scopes);
  if (status === 413) return permanent("the file is larger than Telegram's limit", "too_large");
  if (!error)
    return (
      classifyHttp(response, scopes.bot, now) ?? retryable(`cannot read Telegram's response (${status})`, { code })
    );
  const meaning = meaningOf(error.description);
  if (meaning?.code === FILE_BUSY) return retryable(meaning.message, { code: FILE_BUSY });
  return meaning ? permanent(meaning.message, meaning.code) : permanent(`Telegram rejected the call: ${status}`, code);
}

/** The id of the supergroup that a group has become, if the response has it. */
export function migratedTo({ json }: HttpResponse): string | undefined {
  return errorSchema.safeParse(json).data?.parameters?.migrate_to_chat_id;
}

function paused(message: string, code: string, { bot: scope }: CallScopes): ProviderError {
  return new ProviderError(message, { kind: "paused", scope }, { code });
}

/** https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
function throttled(
  response: HttpResponse,
  seconds: number | undefined,
  { bot, chat }: CallScopes,
  now: Date,
): ProviderError {
  const scope = chat ?? bot;
  // Without `retry_after`, e.g. from a proxy, the wait is that of the Retry-After header or a minute.
  const shared = classifyHttp({ ...response, status: 429 }, scope, now)?.next;
  const until = shared?.kind === "rate_limited" ? shared.until : now;
  return new ProviderError(
    "Telegram's rate limit is reached",
    {
      kind: "rate_limited",
      scope,
      until: seconds === undefined ? until : new Date(now.getTime() + seconds * 1000),
      ...(chat === undefined ? {} : { widen: bot }),
    },
    { code: "429" },
  );
}
