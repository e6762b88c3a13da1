import { classifyHttp, type HttpResponse, type NextStep, ProviderError, retryAfter, retryable } from "@millrace/core";
import { graphErrorOf } from "../../shared/meta/graph-error.ts";
import { type Meaning, meaningOf } from "./error-codes.ts";

/** The call that an answer belongs to. */
export type CallOrigin = {
  /** What waits when the number is throttled or its token must be mended. */
  numberScope: string;
  /** What waits when only the conversation is throttled; a call that belongs to none makes the number wait. */
  conversationScope?: string | undefined;
  /** How often the message was throttled before. */
  rateLimitHits: number;
};

/**
 * Code of the Graph API's own error for an id in the path that does not exist, or not for this token. Where it is the
 * number's, it is one for a person to mend: every other message would fail by it too.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export const NO_OBJECT = "100/33";

/** What to do about an answer, by WhatsApp's own code before the HTTP status. Undefined when the call worked. */
export function failureOf(response: HttpResponse, origin: CallOrigin, now: Date): ProviderError | undefined {
  const error = graphErrorOf(response);
  if (!error) return classifyHttp(response, origin.numberScope, now);
  const isNoObject = error.code === 100 && error.error_subcode === 33;
  const code = isNoObject ? NO_OBJECT : String(error.code);
  const trace = error.fbtrace_id === undefined ? "" : `, trace ${error.fbtrace_id}`;
  const meaning =
    meaningOf(isNoObject ? 33 : error.code) ?? unknownCode(response, error.is_transient === true, origin, now);
  const next = nextOf(meaning.reaction, response, origin, now);
  // A refusal is one under whatever status; trouble of the server's own may have come after it took the message.
  const uncertain = next.kind === "retryable" && response.status >= 500;
  return new ProviderError(`${meaning.words} (WhatsApp error ${code}${trace})`, next, { code, uncertain });
}

function nextOf(reaction: Meaning["reaction"], response: HttpResponse, origin: CallOrigin, now: Date): NextStep {
  switch (reaction.kind) {
    case "retry":
      return { kind: "retryable", ...(reaction.attempts === undefined ? {} : { attempts: reaction.attempts }) };
    case "park":
      return { kind: "paused", scope: origin.numberScope };
    case "give_up":
      return { kind: "permanent" };
    case "wait": {
      const { seconds, upTo, who } = reaction;
      const own = new Date(now.getTime() + Math.min(seconds * 4 ** origin.rateLimitHits, upTo) * 1000);
      const told = retryAfter(response.headers["retry-after"], now) ?? own;
      const scope = who === "conversation" ? (origin.conversationScope ?? origin.numberScope) : origin.numberScope;
      return { kind: "rate_limited", scope, until: told > own ? told : own };
    }
  }
}

/** A code that came after this was written is tried again, unless its HTTP status says to wait or to mend something. */
function unknownCode(response: HttpResponse, isTransient: boolean, origin: CallOrigin, now: Date): Meaning {
  const words = "an error that is not known here";
  const next = isTransient ? undefined : classifyHttp(response, origin.numberScope, now)?.next;
  if (next?.kind === "paused") return { words, reaction: { kind: "park" } };
  if (next?.kind === "rate_limited") return { words, reaction: { kind: "wait", who: "number", seconds: 60, upTo: 60 } };
  return { words, reaction: { kind: "retry" } };
}

/** WhatsApp said yes in words that we cannot read: what was asked is probably done. */
export function unreadable(): ProviderError {
  return retryable("WhatsApp's answer is not understood", { code: "malformed", uncertain: true });
}
