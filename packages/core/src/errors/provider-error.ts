/** What happens to a job after an error. docs/errors.md has the whole table. */
export type NextStep =
  /** Backoff, then another attempt. `attempts` limits the attempts of this error, the first one included. */
  | { kind: "retryable"; attempts?: number }
  /**
   * The provider did not answer, or answered with an error of its own. It costs no attempt while the scope fails for
   * other jobs too. After several in a row the scope's circuit opens: its jobs wait for a probe. Without a scope, it is
   * the first scope of the job.
   */
  | { kind: "unavailable"; scope?: string }
  /**
   * The scope (a recipient, number, chat, bot, page) waits until then and other scopes continue. It costs no attempt.
   * When another scope below `widen` waits already (`telegram:bot` for `telegram:bot:chat`), all of `widen` waits.
   */
  | { kind: "rate_limited"; scope: string; until: Date; widen?: string }
  /** An operator must act (token, permission, payment). The scope's jobs wait and then resume. It costs no attempt. */
  | { kind: "paused"; scope: string }
  /** No attempt can succeed: the job becomes a dead letter immediately. */
  | { kind: "permanent" };

/**
 * The only error that an adapter throws. It is logged, stored as the job's failure reason and shown on the dashboard, so
 * `message` must hold no secret and no personal data.
 */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly next: NextStep;
  /** The provider's code, e.g. `190` or `http_503`. */
  readonly code: string | undefined;
  /** Whether the provider may have done the work all the same: no response arrived, or an ambiguous one. */
  readonly uncertain: boolean;

  constructor(message: string, next: NextStep, options: ErrorDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.next = next;
    this.code = options.code;
    this.uncertain = options.uncertain ?? false;
  }
}

/** Optional details of a {@link ProviderError}. */
export type ErrorDetails = { code?: string; cause?: unknown; uncertain?: boolean };

/** Creates an error that makes the job a dead letter immediately. */
export function permanent(message: string, code?: string): ProviderError {
  return new ProviderError(message, { kind: "permanent" }, code === undefined ? {} : { code });
}

/** Creates an error that is retried with backoff. */
export function retryable(message: string, options: ErrorDetails = {}): ProviderError {
  return new ProviderError(message, { kind: "retryable" }, options);
}

/** Creates an error of a provider that is down. See {@link NextStep}. */
export function unavailable(message: string, scope?: string, options: ErrorDetails = {}): ProviderError {
  return new ProviderError(message, { kind: "unavailable", ...(scope === undefined ? {} : { scope }) }, options);
}

/**
 * Describes any error for a log line or a failure reason. Only the messages of our own errors are safe to show. Those of
 * libraries can hold a row's values, a URL with a token or a message's text, so they become name, code and place.
 */
export function describeError(error: unknown): string {
  if (error instanceof ProviderError) return error.message;
  if (!(error instanceof Error)) return "unexpected error of no type";
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && cause.code !== undefined ? ` ${String(cause.code)}` : "";
  const place = /\n\s+at (?:.*?\()?(?:file:\/\/)?.*?([\w.-]+\/[\w.-]+:\d+):\d+\)?/.exec(error.stack ?? "")?.[1];
  return `unexpected ${cause.name}${code}${place ? ` at ${place}` : ""}`;
}
