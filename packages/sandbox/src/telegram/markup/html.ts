import { badRequest } from "../responses.ts";

/** https://core.telegram.org/bots/api#html-style */
const TAGS = new Set(
  "b strong i em u ins s strike del span tg-spoiler tg-emoji tg-time a code pre blockquote".split(" "),
);

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** A tag, what begins like one, or a character reference. */
const MARK =
  /<(?<slash>\/?)(?<tag>[^\s>]*)(?<rest>\s[^>]*)?(?<end>>?)|&(?:#(?<decimal>\d+)|#x(?<hex>[\da-f]+)|(?<name>lt|gt|amp|quot));/gi;

/** Text without its tags. Throws a {@link Refusal} in the words of Telegram's own parser. */
export function plainOfHtml(text: string): string {
  const open: string[] = [];
  const plain = text.replaceAll(MARK, (...match) => {
    const groups = match.at(-1) as Record<string, string | undefined>;
    const { slash, rest, end, decimal, hex, name } = groups;
    if (groups["tag"] === undefined) return name ? (ENTITIES[name.toLowerCase()] ?? "") : character(decimal, hex);
    const tag = groups["tag"].toLowerCase();
    const offset = `at byte offset ${Buffer.byteLength(text.slice(0, Number(match.at(-3))))}`;
    const broken = `Unclosed ${slash ? "end" : "start"} tag ${offset}`;
    if (!end && rest === undefined) throw badEntities(broken);
    if (!slash && !TAGS.has(tag)) throw badEntities(`Unsupported start tag "${tag}" ${offset}`);
    if (!end) throw badEntities(broken);
    if (!slash) {
      open.push(tag);
      return "";
    }
    const expected = open.pop();
    if (expected === undefined) throw badEntities(`Unexpected end tag ${offset}`);
    if (tag !== "" && tag !== expected)
      throw badEntities(`Unmatched end tag ${offset}, expected "</${expected}>", found "</${tag}>"`);
    return "";
  });
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw badEntities(`Can't find end tag corresponding to start tag "${unclosed}"`);
  return plain;
}

function character(decimal: string | undefined, hex: string | undefined): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

/** Markup that does not add up. */
export function badEntities(reason: string) {
  return badRequest(`can't parse entities: ${reason}`);
}
