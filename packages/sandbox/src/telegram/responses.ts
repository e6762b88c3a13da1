/** What Telegram has against a request. `parameters` help to do better. */
export type TelegramError = {
  status: number;
  description: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number };
};

/** A call of a method that Telegram refuses; thrown by what reads its parameters. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly error: TelegramError;

  constructor(error: TelegramError) {
    super(error.description);
    this.error = error;
  }
}

/** A 400 in Telegram's words. */
export function badRequest(reason: string): Refusal {
  return new Refusal({ status: 400, description: `Bad Request: ${reason}` });
}

/** 429 with how many seconds to wait. */
export function tooMany(seconds: number): TelegramError {
  return {
    status: 429,
    description: `Too Many Requests: retry after ${seconds}`,
    parameters: { retry_after: seconds },
  };
}

/** The answer to a call that worked. https://core.telegram.org/bots/api#making-requests */
export function okResponse(result: unknown): Response {
  // Not by Response.json, which the Node server must take the long way.
  return new Response(JSON.stringify({ ok: true, result }), { headers: { "content-type": "application/json" } });
}

/** The answer to a call that did not. */
export function refusalResponse({ status, description, parameters }: TelegramError): Response {
  return Response.json(
    { ok: false, error_code: status, description, ...(parameters ? { parameters } : {}) },
    { status },
  );
}
