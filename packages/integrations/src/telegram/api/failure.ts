import { classifyHttp, type HttpResponse, permanent, ProviderError, retryable } from "@millrace/core";
import { z } from "zod";
import { FILE_BUSY, meaningOf } from "./descriptions.ts";

/** What of a refusal decides: https://core.telegram.org/bots/api#responseparameters */
const refusalSchema = z.object({
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

/** What waits when a call is throttled: the chat first, all of the bot when it goes on elsewhere. */
export type CallScopes = { bot: string; chat?: string | undefined };

/**
 * What to do about an answer that is no success. It tells of it in words of our own: what Telegram wrote is read and
 * never told.
 */
export function failureOf(response: HttpResponse, scopes: CallScopes, now: Date): ProviderError {
  const refusal = refusalSchema.safeParse(response.json).data;
  const status = refusal?.error_code ?? response.status;
  const code = String(status);
  const seconds = refusal?.parameters?.retry_after;
  if (status === 429) return throttled(response, seconds, scopes, now);
  if (status >= 500) return retryable(`Telegram has trouble (${status})`, { code, uncertain: true });
  // With a wrong token Telegram knows the bot not (401), or no method at all (404).
  if (status === 401 || status === 404)
    return paused(`Telegram does not take the bot's token (${status})`, code, scopes);
  if (status === 409)
    return paused("the bot is in use elsewhere (409): a webhook, getUpdates or a log-out", code, scopes);
  if (status === 413) return permanent("the file is larger than Telegram takes", "too_large");
  if (!refusal)
    return (
      classifyHttp(response, scopes.bot, now) ?? retryable(`Telegram's answer is not understood (${status})`, { code })
    );
  const meaning = meaningOf(refusal.description);
  if (meaning?.code === FILE_BUSY) return retryable(meaning.words, { code: FILE_BUSY });
  return meaning ? permanent(meaning.words, meaning.code) : permanent(`Telegram refused: ${status}`, code);
}

/** The id under which a group goes on as a supergroup, where the answer names one. */
export function migratedTo({ json }: HttpResponse): string | undefined {
  return refusalSchema.safeParse(json).data?.parameters?.migrate_to_chat_id;
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
  // Without Telegram's own word, e.g. from a proxy, the header's or a minute.
  const shared = classifyHttp({ ...response, status: 429 }, scope, now)?.next;
  const until = shared?.kind === "rate_limited" ? shared.until : now;
  return new ProviderError(
    "Telegram asks to wait",
    {
      kind: "rate_limited",
      scope,
      until: seconds === undefined ? until : new Date(now.getTime() + seconds * 1000),
      ...(chat === undefined ? {} : { widen: bot }),
    },
    { code: "429" },
  );
}
