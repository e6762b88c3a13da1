import { classifyHttp, type HttpResponse, type NextStep, ProviderError, retryAfter, retryable } from "@millrace/core";
import { graphErrorOf } from "../../shared/meta/graph-error.ts";
import { type Meaning, meaningOf } from "./error-codes.ts";

/** The scopes of a call and the rate-limit hits of its message. */
export type CallOrigin = {
  /** Waits while the number is throttled or its token needs repair. */
  numberScope: string;
  /** Waits while only the conversation is throttled. A call without a conversation uses the number's scope. */
  conversationScope?: string | undefined;
  /** How often the message hit a rate limit before. */
  rateLimitHits: number;
};

/**
 * The Graph API's code for an id in the path that does not exist or that the token may not read. If it is the number's
 * id, an operator must repair it: all other messages would fail too.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export const NO_OBJECT = "100/33";

/** Maps a response to the next step, by WhatsApp's code before the HTTP status. Undefined when the call succeeded. */
export function failureOf(response: HttpResponse, origin: CallOrigin, now: Date): ProviderError | undefined {
  const error = graphErrorOf(response);
  if (!error) return classifyHttp(response, origin.numberScope, now);
  const isNoObject = error.code === 100 && error.error_subcode === 33;
  const code = isNoObject ? NO_OBJECT : String(error.code);
  const trace = error.fbtrace_id === undefined ? "" : `, trace ${error.fbtrace_id}`;
  const meaning =
    meaningOf(isNoObject ? 33 : error.code) ?? unknownCode(response, error.is_transient === true, origin, now);
  const next = nextOf(meaning.reaction, response, origin, now);
  // An error code means that the message was rejected; a server error can follow an accepted message.
  const uncertain = (next.kind === "retryable" || next.kind === "unavailable") && response.status >= 500;
  return new ProviderError(`${meaning.message} (WhatsApp error ${code}${trace})`, next, { code, uncertain });
}

function nextOf(reaction: Meaning["reaction"], response: HttpResponse, origin: CallOrigin, now: Date): NextStep {
  switch (reaction.kind) {
    case "retryable":
      if (reaction.attempts === undefined && response.status >= 500)
        return { kind: "unavailable", scope: origin.numberScope };
      return { kind: "retryable", ...(reaction.attempts === undefined ? {} : { attempts: reaction.attempts }) };
    case "unavailable":
      return { kind: "unavailable", scope: origin.numberScope };
    case "paused":
      return { kind: "paused", scope: origin.numberScope };
    case "permanent":
      return { kind: "permanent" };
    case "rate_limited": {
      const { seconds, maxSeconds } = reaction;
      const backoff = new Date(now.getTime() + Math.min(seconds * 4 ** origin.rateLimitHits, maxSeconds) * 1000);
      const fromHeader = retryAfter(response.headers["retry-after"], now) ?? backoff;
      const ofConversation = reaction.scope === "conversation" ? origin.conversationScope : undefined;
      const scope = ofConversation ?? origin.numberScope;
      return { kind: "rate_limited", scope, until: fromHeader > backoff ? fromHeader : backoff };
    }
  }
}

/**
 * The meaning of an unknown code: it is retried, unless it is transient or the HTTP status is about an outage, a rate
 * limit or access.
 */
function unknownCode(response: HttpResponse, isTransient: boolean, origin: CallOrigin, now: Date): Meaning {
  const message = "unknown error";
  const next = isTransient ? undefined : classifyHttp(response, origin.numberScope, now)?.next;
  if (next?.kind === "paused") return { message, reaction: { kind: "paused" } };
  if (next?.kind === "rate_limited")
    return { message, reaction: { kind: "rate_limited", scope: "number", seconds: 60, maxSeconds: 60 } };
  return { message, reaction: { kind: isTransient || next?.kind === "unavailable" ? "unavailable" : "retryable" } };
}

/** The error for a successful response that cannot be read. The call probably succeeded. */
export function unreadable(): ProviderError {
  return retryable("cannot read WhatsApp's response", { code: "malformed", uncertain: true });
}
