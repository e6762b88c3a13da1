import type { MarksIn, Stretch } from "../../shared/send/split-text.ts";

/** What begins, ends or means an entity in either Markdown; what a backslash stands before means nothing. */
const MARKDOWN = /\\.|```|`|\|\||__|[*_~[]|\](?:\([^)]*\))?/gs;

const CODE = ["```", "`"];

/** A tag of HTML. */
const TAG = /<(\/?)[a-z][^>]*>/gi;

/**
 * Where a text is marked up, by its parse mode: https://core.telegram.org/bots/api#formatting-options. It is only read
 * to find good places to cut, so what does not parse is read somehow.
 */
export function marksIn(parseMode: string | undefined): MarksIn {
  if (parseMode === undefined) return () => [];
  return parseMode === "HTML" ? htmlMarks : markdownMarks;
}

function htmlMarks(text: string): Stretch[] {
  const marks: Stretch[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: tag, 1: slash, index } of text.matchAll(TAG)) {
    if (depth === 0) start = index;
    depth = Math.max(0, depth + (slash === "/" ? -1 : 1));
    if (depth === 0) marks.push({ start, end: index + tag.length });
  }
  return marks;
}

function markdownMarks(text: string): Stretch[] {
  const marks: Stretch[] = [];
  const open = new Set<string>();
  let start = 0;
  for (const { 0: found, index } of text.matchAll(MARKDOWN)) {
    const mark = found.startsWith("]") ? "[" : found;
    // Within code nothing means anything but its end.
    const code = CODE.find((each) => open.has(each));
    if (found.startsWith("\\") || (code && found !== code) || (mark !== found && !open.has(mark))) continue;
    if (open.size === 0) start = index;
    if (!open.delete(mark)) open.add(mark);
    if (open.size === 0) marks.push({ start, end: index + found.length });
  }
  return marks;
}
