import { invalidEntities } from "./html.ts";

/** The delimiters of entities in MarkdownV2, longest first. https://core.telegram.org/bots/api#markdownv2-style */
const ENTITIES = [
  ["__", "Underline"],
  ["||", "Spoiler"],
  ["*", "Bold"],
  ["_", "Italic"],
  ["~", "Strikethrough"],
] as const;

/** Characters that require a backslash outside of markup. */
const RESERVED = "_*[]()~`>#+-=|{}.!";

/** Returns a text without its markup. Throws a TelegramApiError with the message of Telegram's parser. */
export function markdownV2ToPlainText(text: string): string {
  const open: { name: string; at: number }[] = [];
  const offset = (at: number) => `at byte offset ${Buffer.byteLength(text.slice(0, at))}`;
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const lineStart = at === 0 || text[at - 1] === "\n";
    const escaped = char === "\\" && text.charCodeAt(at + 1) < 127 ? text.charAt(at + 1) : "";
    const entity = ENTITIES.find(([mark]) => text.startsWith(mark, at));
    if (escaped !== "") {
      plain += escaped;
      at += 2;
    } else if (lineStart && text.startsWith("**>", at)) {
      at += 3;
    } else if (lineStart && char === ">") {
      at += 1;
    } else if (char === "`") {
      const [mark, name] = text.startsWith("```", at) ? ["```", "Pre"] : ["`", "Code"];
      const end = endOf(text, mark, at + mark.length);
      if (end < 0) throw invalidEntities(`Can't find end of ${name} entity ${offset(at)}`);
      plain += text.slice(at + mark.length, end);
      at = end + mark.length;
    } else if (entity) {
      const [mark, name] = entity;
      if (open.at(-1)?.name === name) open.pop();
      else open.push({ name, at });
      at += mark.length;
    } else if (char === "[" || text.startsWith("![", at)) {
      open.push({ name: "TextUrl", at });
      at += char === "[" ? 1 : 2;
    } else if (char === "]" && open.at(-1)?.name === "TextUrl") {
      open.pop();
      const end = text[at + 1] === "(" ? endOf(text, ")", at + 2) : at;
      if (end < 0) throw invalidEntities(`Can't find end of a URL ${offset(at + 1)}`);
      at = end + 1;
    } else if (RESERVED.includes(char)) {
      throw invalidEntities(`Character '${char}' is reserved and must be escaped with the preceding '\\'`);
    } else {
      plain += char;
      at += 1;
    }
  }
  const unclosed = open.at(-1);
  if (unclosed) throw invalidEntities(`Can't find end of ${unclosed.name} entity ${offset(unclosed.at)}`);
  return plain;
}

/** Returns a text in legacy Markdown without its markup. https://core.telegram.org/bots/api#markdown-style */
export function markdownToPlainText(text: string): string {
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "\\" && "_*`[".includes(text.charAt(at + 1)) && at + 1 < text.length) {
      plain += text.charAt(at + 1);
      at += 2;
    } else if ("_*`[".includes(char)) {
      const mark = text.startsWith("```", at) ? "```" : char;
      const end = text.indexOf(mark === "[" ? "]" : mark, at + mark.length);
      if (end < 0)
        throw invalidEntities(
          `Can't find end of the entity starting at byte offset ${Buffer.byteLength(text.slice(0, at))}`,
        );
      plain += text.slice(at + mark.length, end);
      const url = mark === "[" ? (/^\([^)]*\)/.exec(text.slice(end + 1))?.[0] ?? "") : "";
      at = end + (mark === "[" ? 1 + url.length : mark.length);
    } else {
      plain += char;
      at += 1;
    }
  }
  return plain;
}

/** Returns the next position of a delimiter that has no backslash before it, or -1. */
function endOf(text: string, mark: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(mark, at)) return at;
  }
  return -1;
}
