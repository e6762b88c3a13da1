/** Where people would split a text, the best place first. A match begins where the part before it ends. */
const BREAKS = [
  { at: /\n[^\S\n]*\n/g, early: false },
  { at: /\n/g, early: false },
  { at: /(?<=[.!?…]["'”’»)\]]*)\s|(?<=[。！？][”’」』）]*)(?![”’」』）])/g, early: false },
  { at: /\s/g, early: true },
];

const URLS = /(?:https?:\/\/|www\.)[!-~]+/gi;

const words = new Intl.Segmenter(undefined, { granularity: "word" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A part of a text, by its first unit and the one behind its last. */
export type Stretch = { start: number; end: number };

/** Finds the stretches of a text, or of its beginning, that are marked up: each whole, one in another not told. */
export type MarksIn = (text: string) => Stretch[];

/**
 * Splits a text that is too long for one message where people would: between paragraphs, else lines, else sentences,
 * else words. A URL, a word or a character that people see as one (an emoji of several code points) is only cut when it
 * is too long itself, and a surrogate pair never is. The white space at a cut goes; nothing else does.
 *
 * @param maxLength of a part, in UTF-16 units; at least 2
 * @returns the parts in order; the text itself where it is short enough, none where it is nothing but white space
 */
export function splitText(text: string, maxLength: number, marksIn: MarksIn = () => []): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > maxLength) {
    const marks = marksIn(rest.slice(0, 2 * maxLength)).filter(({ start, end }) => end - start <= maxLength);
    const cut = cutOf(rest.slice(0, maxLength + LOOK_AHEAD), maxLength, marks);
    parts.push(rest.slice(0, cut).trimEnd());
    // What indents the next line stays.
    rest = rest.slice(cut).replace(/^\s*\n|^\s+/, "");
  }
  return [...parts, rest].filter((part) => part.trim() !== "");
}

/** Units beyond the longest part that are looked at, so that what begins before its end is seen for what it is. */
const LOOK_AHEAD = 64;

function cutOf(text: string, maxLength: number, marks: readonly Stretch[]): number {
  const segments = graphemes.segment(text);
  const urls = [...text.matchAll(URLS)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  const isWhole = (cut: number) => segments.containing(cut)?.index === cut && stretchAt(marks, cut) === undefined;

  for (const { at, early } of BREAKS) {
    // A part that is less than half full has a better place further on, unless only words are left to split at.
    const least = early ? 1 : maxLength / 2;
    const cuts = [...text.matchAll(at)].map((match) => match.index);
    const cut = cuts.findLast((place) => place >= least && place <= maxLength && isWhole(place));
    if (cut !== undefined) return cut;
  }
  const mark = stretchAt(marks, maxLength);
  if (mark) return mark.start;
  // No white space at all: a language that writes without it, a URL, or something that is no language.
  const word = words.segment(text).containing(maxLength)?.index ?? 0;
  const beforeWord = stretchAt(urls, word)?.start ?? word;
  if (beforeWord > 0 && isWhole(beforeWord)) return beforeWord;
  const grapheme = segments.containing(maxLength)?.index ?? 0;
  if (grapheme > 0) return grapheme;
  return /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1)) ? maxLength - 1 : maxLength;
}

function stretchAt(stretches: readonly Stretch[], cut: number): Stretch | undefined {
  return stretches.find(({ start, end }) => start < cut && cut < end);
}
