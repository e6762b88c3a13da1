/** Split positions, the best first. A match begins where the part before it ends. */
const BREAKS = [
  { at: /\n[^\S\n]*\n/g, early: false },
  { at: /\n/g, early: false },
  { at: /(?<=[.!?…]["'”’»)\]]*)\s|(?<=[。！？][”’」』）]*)(?![”’」』）])/g, early: false },
  { at: /\s/g, early: true },
];

const URLS = /(?:https?:\/\/|www\.)[!-~]+/gi;

const words = new Intl.Segmenter(undefined, { granularity: "word" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A range of a text in UTF-16 units; `end` is exclusive. */
export type TextRange = { start: number; end: number };

/** Finds the formatted ranges at the beginning of a text. Nested ranges are not listed. */
export type FindFormatting = (text: string) => TextRange[];

/**
 * Splits a text that is too long for one message: between paragraphs, else lines, else sentences, else words. A URL, a
 * word or a grapheme (such as an emoji of several code points) is split only if it is longer than a part. A surrogate
 * pair is never split. Only the white space at a split position is dropped.
 *
 * @param maxLength the longest part, in UTF-16 units; at least 2
 * @returns the parts in order; the text itself if it is short enough; no part if it is only white space
 */
export function splitText(text: string, maxLength: number, findFormatting: FindFormatting = () => []): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > maxLength) {
    const formatted = findFormatting(rest.slice(0, 2 * maxLength)).filter(({ start, end }) => end - start <= maxLength);
    const cut = splitPosition(rest.slice(0, maxLength + LOOK_AHEAD), maxLength, formatted);
    parts.push(rest.slice(0, cut).trimEnd());
    // The indentation of the next line is kept.
    rest = rest.slice(cut).replace(/^\s*\n|^\s+/, "");
  }
  return [...parts, rest].filter((part) => part.trim() !== "");
}

/** UTF-16 units behind the longest part that are examined, so that a word or URL that crosses its end is recognized. */
const LOOK_AHEAD = 64;

function splitPosition(text: string, maxLength: number, formatted: readonly TextRange[]): number {
  const segments = graphemes.segment(text);
  const urls = [...text.matchAll(URLS)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  const isAllowed = (cut: number) => segments.containing(cut)?.index === cut && rangeAt(formatted, cut) === undefined;

  for (const { at, early } of BREAKS) {
    // A part should be at least half full, unless the text can only be split between words.
    const least = early ? 1 : maxLength / 2;
    const cuts = [...text.matchAll(at)].map((match) => match.index);
    const cut = cuts.findLast((position) => position >= least && position <= maxLength && isAllowed(position));
    if (cut !== undefined) return cut;
  }
  const range = rangeAt(formatted, maxLength);
  if (range) return range.start;
  // The text has no white space: a language without spaces, a URL, or random characters.
  const word = words.segment(text).containing(maxLength)?.index ?? 0;
  const beforeWord = rangeAt(urls, word)?.start ?? word;
  if (beforeWord > 0 && isAllowed(beforeWord)) return beforeWord;
  const grapheme = segments.containing(maxLength)?.index ?? 0;
  if (grapheme > 0) return grapheme;
  return /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1)) ? maxLength - 1 : maxLength;
}

function rangeAt(ranges: readonly TextRange[], cut: number): TextRange | undefined {
  return ranges.find(({ start, end }) => start < cut && cut < end);
}
