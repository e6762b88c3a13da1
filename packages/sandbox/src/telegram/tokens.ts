import type { TelegramError } from "./responses.ts";

/** A bot, by what its token says of it: the number before the colon, or the whole where there is none. */
export type Bot = { name: string; id: number };

/**
 * The bot of a token, or why it is refused. Right is whatever begins with `sandbox` (`sandbox-2` is another bot), or
 * does so behind a number and a colon as real tokens have them; any other of that form was revoked, and the rest is
 * no token at all.
 */
export function botOf(token: string): Bot | TelegramError {
  const [, number, secret = ""] = /^(?:(\d+):)?(.*)$/.exec(token) ?? [];
  if (secret.startsWith("sandbox")) return { name: number ?? secret, id: Number(number ?? 1000 + digits(secret)) };
  if (number === undefined) return { status: 404, description: "Not Found" };
  return { status: 401, description: "Unauthorized" };
}

function digits(text: string): number {
  return Number(text.replaceAll(/\D/g, "").slice(0, 9));
}
