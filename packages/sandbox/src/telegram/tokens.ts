import type { TelegramError } from "./responses.ts";

/** A bot. `name` is the number before the colon of its token, or the whole token without a colon. */
export type Bot = { name: string; id: number };

/**
 * Returns the bot of a token, or the error of an invalid one. A token is valid if it begins with `sandbox` (`sandbox-2` is
 * another bot), optionally after a number and a colon as in real tokens: `7:sandbox`. Other tokens with a number and a
 * colon are revoked, and all others are no tokens.
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
