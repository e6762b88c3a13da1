/** What is to be done after an error. The table is in docs/errors.md. */
export type NextStep =
  /** Back off, then try again; costs an attempt. With `attempts` it is worth no more than those, the first included. */
  | { kind: "retryable"; attempts?: number }
  /**
   * The scope (a recipient, number, chat, bot, page) waits until then, the rest goes on; costs nothing. Where another
   * scope below `widen` waits already (`telegram:bot` for `telegram:bot:chat`), all of `widen` does.
   */
  | { kind: "rate_limited"; scope: string; until: Date; widen?: string }
  /** A person must act (token, permission, payment): the scope's jobs wait and resume by themselves; costs nothing. */
  | { kind: "paused"; scope: string }
  /** It will never work: dead letter at once. */
  | { kind: "permanent" };

/**
 * The only error an adapter throws. `message` must hold no secret and no personal data: it is logged, kept as the
 * job's failure reason and shown on the board.
 */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly next: NextStep;
  /** The provider's own code for it, e.g. `190` or `http_503`. */
  readonly code: string | undefined;
  /** Whether the provider may have done what it was asked all the same: no answer came, or none that tells. */
  readonly uncertain: boolean;

  constructor(message: string, next: NextStep, options: ErrorDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.next = next;
    this.code = options.code;
    this.uncertain = options.uncertain ?? false;
  }
}

/** What else is known of an error. */
export type ErrorDetails = { code?: string; cause?: unknown; uncertain?: boolean };

/** Shorthand for the error that ends a job at once. */
export function permanent(message: string, code?: string): ProviderError {
  return new ProviderError(message, { kind: "permanent" }, code === undefined ? {} : { code });
}

/** Shorthand for the error that backs off and tries again. */
export function retryable(message: string, options: ErrorDetails = {}): ProviderError {
  return new ProviderError(message, { kind: "retryable" }, options);
}

/**
 * What may be told of any error in a log line or a failure reason. Only our own errors' messages are told: those of
 * others may hold a row's values, a URL with a token or a message's text, so only their name, code and place are.
 */
export function describeError(error: unknown): string {
  if (error instanceof ProviderError) return error.message;
  if (!(error instanceof Error)) return "unexpected error of no type";
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && cause.code !== undefined ? ` ${String(cause.code)}` : "";
  const place = /\n\s+at (?:.*?\()?(?:file:\/\/)?.*?([\w.-]+\/[\w.-]+:\d+):\d+\)?/.exec(error.stack ?? "")?.[1];
  return `unexpected ${cause.name}${code}${place ? ` at ${place}` : ""}`;
}
