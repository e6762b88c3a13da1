import { badRequest } from "../responses.ts";

/** https://core.telegram.org/bots/api#html-style */
const TAGS = new Set(
  "b strong i em u ins s strike del span tg-spoiler tg-emoji tg-time a code pre blockquote".split(" "),
);

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** Matches a tag, an unclosed tag, and a character reference. */
const MARK =
  /<(?<slash>\/?)(?<tag>[^\s>]*)(?<rest>\s[^>]*)?(?<end>>?)|&(?:#(?<decimal>\d+)|#x(?<hex>[\da-f]+)|(?<name>lt|gt|amp|quot));/gi;

/** Returns a text without its tags. Throws a TelegramApiError with the message of Telegram's parser. */
export function htmlToPlainText(text: string): string {
  const open: string[] = [];
  const plain = text.replaceAll(MARK, (...match) => {
    const groups = match.at(-1) as Record<string, string | undefined>;
    const { slash, rest, end, decimal, hex, name } = groups;
    if (groups["tag"] === undefined) return name ? (ENTITIES[name.toLowerCase()] ?? "") : character(decimal, hex);
    const tag = groups["tag"].toLowerCase();
    const offset = `at byte offset ${Buffer.byteLength(text.slice(0, Number(match.at(-3))))}`;
    const unclosed = `Unclosed ${slash ? "end" : "start"} tag ${offset}`;
    if (!end && rest === undefined) throw invalidEntities(unclosed);
    if (!slash && !TAGS.has(tag)) throw invalidEntities(`Unsupported start tag "${tag}" ${offset}`);
    if (!end) throw invalidEntities(unclosed);
    if (!slash) {
      open.push(tag);
      return "";
    }
    const expected = open.pop();
    if (expected === undefined) throw invalidEntities(`Unexpected end tag ${offset}`);
    if (tag !== "" && tag !== expected)
      throw invalidEntities(`Unmatched end tag ${offset}, expected "</${expected}>", found "</${tag}>"`);
    return "";
  });
  const last = open.at(-1);
  if (last !== undefined) throw invalidEntities(`Can't find end tag corresponding to start tag "${last}"`);
  return plain;
}

function character(decimal: string | undefined, hex: string | undefined): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

/** Builds the error of invalid markup. */
export function invalidEntities(reason: string) {
  return badRequest(`can't parse entities: ${reason}`);
}
