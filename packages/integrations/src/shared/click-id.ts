import type { Click } from "@millrace/core";

/** The query parameters in which Google adds a click id to the URL of the landing page. */
export const CLICK_KINDS = ["gclid", "gbraid", "wbraid"] as const;

/** The format of a click id. Google's click ids are shorter than 512 characters. */
export const CLICK_ID = /^[\w.~%=+/-]{1,512}$/;

/**
 * Matches `gclid: <id>` anywhere in a text. It also matches `gclid_<id>`, because the payload of Telegram's /start
 * allows only A-Z, a-z, digits, `_` and `-`: https://core.telegram.org/bots/features#deep-linking.
 * A click id has at least ten characters.
 */
const WRITTEN = /(?<!\w)(gclid|gbraid|wbraid)(?:\s*[:=]\s*|[_-])([\w-]{10,512})(?![\w-])/i;

/** Finds a click id in the text of a message. The link that opened the chat put it there. */
export function findClickIdInText(text: string | undefined): Click | undefined {
  const [, name = "", id = ""] = WRITTEN.exec(text ?? "") ?? [];
  const kind = CLICK_KINDS.find((known) => known === name.toLowerCase());
  return kind && { kind, id };
}

/** Finds a click id in a form's hidden field that is named after the click id. */
export function findClickIdInFields(fields: Readonly<Record<string, readonly string[]>>): Click | undefined {
  for (const kind of CLICK_KINDS) {
    const [, values = []] = Object.entries(fields).find(([name]) => name.toLowerCase() === kind) ?? [];
    const id = values[0]?.trim() ?? "";
    if (CLICK_ID.test(id)) return { kind, id };
  }
  return undefined;
}
