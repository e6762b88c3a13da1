import type { Click } from "@millrace/core";

/** Google's ids of a click, by the names under which it puts them into the landing page's address. */
export const CLICK_KINDS = ["gclid", "gbraid", "wbraid"] as const;

/** A click id, as long as any that Google makes. */
export const CLICK_ID = /^[\w.~%=+/-]{1,512}$/;

/**
 * `gclid: <id>` anywhere in a text, and `gclid_<id>` for what takes letters, digits, `_` and `-` alone, as the payload
 * of Telegram's /start does: https://core.telegram.org/bots/features#deep-linking. None is as short as ten characters.
 */
const WRITTEN = /(?<!\w)(gclid|gbraid|wbraid)(?:\s*[:=]\s*|[_-])([\w-]{10,512})(?![\w-])/i;

/** The click id that stands in a message, put there by the link that the person opened the chat with. */
export function clickInText(text: string | undefined): Click | undefined {
  const [, name = "", id = ""] = WRITTEN.exec(text ?? "") ?? [];
  const kind = CLICK_KINDS.find((known) => known === name.toLowerCase());
  return kind && { kind, id };
}

/** The click id that a form has in a hidden field of that name. */
export function clickInFields(fields: Readonly<Record<string, readonly string[]>>): Click | undefined {
  for (const kind of CLICK_KINDS) {
    const [, values = []] = Object.entries(fields).find(([name]) => name.toLowerCase() === kind) ?? [];
    const id = values[0]?.trim() ?? "";
    if (CLICK_ID.test(id)) return { kind, id };
  }
  return undefined;
}
