import type { FindFormatting, TextRange } from "../../shared/send/split-text.ts";

/** A token that begins, ends or separates formatting in either Markdown, or a character with a backslash before it. */
const MARKDOWN = /\\.|```|`|\|\||__|[*_~[]|\](?:\([^)]*\))?/gs;

const CODE = ["```", "`"];

const HTML_TAG = /<(\/?)[a-z][^>]*>/gi;

/**
 * Finds the formatted ranges of a text by its parse mode: https://core.telegram.org/bots/api#formatting-options. The
 * ranges only guide the split, so an invalid markup needs no exact result.
 */
export function findFormatting(parseMode: string | undefined): FindFormatting {
  if (parseMode === undefined) return () => [];
  return parseMode === "HTML" ? htmlRanges : markdownRanges;
}

function htmlRanges(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: tag, 1: slash, index } of text.matchAll(HTML_TAG)) {
    if (depth === 0) start = index;
    depth = Math.max(0, depth + (slash === "/" ? -1 : 1));
    if (depth === 0) ranges.push({ start, end: index + tag.length });
  }
  return ranges;
}

function markdownRanges(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  const open = new Set<string>();
  let start = 0;
  for (const { 0: found, index } of text.matchAll(MARKDOWN)) {
    const token = found.startsWith("]") ? "[" : found;
    // Within code only the end of the code has a meaning.
    const code = CODE.find((each) => open.has(each));
    if (found.startsWith("\\") || (code && found !== code) || (token !== found && !open.has(token))) continue;
    if (open.size === 0) start = index;
    if (!open.delete(token)) open.add(token);
    if (open.size === 0) ranges.push({ start, end: index + found.length });
  }
  return ranges;
}
