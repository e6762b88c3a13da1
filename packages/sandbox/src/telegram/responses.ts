/** An error of the Bot API. `parameters` has what the caller needs to retry. */
export type TelegramError = {
  status: number;
  description: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number };
};

/** A call fails with a {@link TelegramError}. */
export class TelegramApiError extends Error {
  override readonly name = "TelegramApiError";
  readonly error: TelegramError;

  constructor(error: TelegramError) {
    super(error.description);
    this.error = error;
  }
}

/** Builds a 400 error. */
export function badRequest(reason: string): TelegramApiError {
  return new TelegramApiError({ status: 400, description: `Bad Request: ${reason}` });
}

/** Builds a 429 error with the seconds until the next attempt. */
export function tooManyRequests(seconds: number): TelegramError {
  return {
    status: 429,
    description: `Too Many Requests: retry after ${seconds}`,
    parameters: { retry_after: seconds },
  };
}

/** Builds the response to a call that succeeds. https://core.telegram.org/bots/api#making-requests */
export function okResponse(result: unknown): Response {
  // @hono/node-server writes a response with a string body faster than one of Response.json.
  return new Response(JSON.stringify({ ok: true, result }), { headers: { "content-type": "application/json" } });
}

/** Builds the response to a call that fails. */
export function errorResponse({ status, description, parameters }: TelegramError): Response {
  return Response.json(
    { ok: false, error_code: status, description, ...(parameters ? { parameters } : {}) },
    { status },
  );
}
