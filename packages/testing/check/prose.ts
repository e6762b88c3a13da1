import { WORD_RULES, type WordRule } from "./prose-words.ts";
import { projectFiles, read } from "./project-files.ts";

/** Files that people read: code, documents and configuration. */
const READABLE = /\.(tsx?|mjs|js|md|ya?ml|css|html)$|(^|\/)(\.env\.example|Dockerfile)$|^\.ci\/run$/;

/** Generated files, and the list itself with its test. */
const IGNORED = /^pnpm-lock\.yaml$|^packages\/db\/migrations\/|^packages\/testing\/check\/prose/;

/** What may separate the words of a phrase: spaces, and a comment's marks where the phrase is wrapped. */
const SEPARATOR = String.raw`\s+(?:(?:\*|//|#|>)\s+)?`;

/** Characters around a word in which an exception may begin or end. */
const CONTEXT = 40;

type Matcher = { rule: WordRule; words: RegExp; except: RegExp | undefined };

const matchers: readonly Matcher[] = WORD_RULES.map((rule) => ({
  rule,
  words: new RegExp(`^(?:${alternatives(rule.words)})$`, "i"),
  except: rule.except === undefined ? undefined : new RegExp(alternatives(rule.except), "gi"),
}));

// One expression for all rules makes one pass over a file, which is what keeps the check below a second.
const anyWord = new RegExp(
  `(?<![\\w])(?:${WORD_RULES.map(({ words }) => alternatives(words)).join("|")})(?![\\w])`,
  "gi",
);

/** No readable file uses a word of {@link WORD_RULES}. */
export function prose(): string[] {
  return projectFiles()
    .filter((path) => READABLE.test(path) && !IGNORED.test(path))
    .flatMap((path) => wrongWords(read(path)).map(({ line, word, use }) => `${path}:${line}: "${word}": write ${use}`));
}

/** Finds the words of {@link WORD_RULES} in a text, with their lines counted from 1. URLs are not read. */
export function wrongWords(text: string): { line: number; word: string; use: string }[] {
  const readable = splitIdentifiers(text.replaceAll(/\bhttps?:\/\/[^\s"'`)>]+/g, ""));
  const lineOf = lineCounter(readable);
  return [...readable.matchAll(anyWord)].flatMap((match) => {
    const [word] = match;
    const found = matchers.find(({ words, except }) => words.test(word) && !isException(readable, match, except));
    return found ? [{ line: lineOf(match.index), word: word.replaceAll(/\s+/g, " "), use: found.rule.use }] : [];
  });
}

/** Whether the match is within a text that the exception describes. */
function isException(text: string, { 0: word, index }: RegExpExecArray, except: RegExp | undefined): boolean {
  if (!except) return false;
  const from = Math.max(0, index - CONTEXT);
  const around = text.slice(from, index + word.length + CONTEXT);
  return [...around.matchAll(except)].some(
    (found) => from + found.index <= index && from + found.index + found[0].length >= index + word.length,
  );
}

/** Returns a function that maps growing positions to line numbers without counting from the beginning each time. */
function lineCounter(text: string): (position: number) => number {
  let line = 1;
  let counted = 0;
  return (position) => {
    for (; counted < position; counted += 1) if (text[counted] === "\n") line += 1;
    return line;
  };
}

/** Separates the words of identifiers: `deadLetterId` and `dead_letter_id` become "dead letter id". */
function splitIdentifiers(text: string): string {
  return text.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll(/([a-zA-Z])_(?=[a-zA-Z])/g, "$1 ");
}

function alternatives(list: string): string {
  return list
    .split(", ")
    .map((words) => words.replaceAll(" ", SEPARATOR))
    .join("|");
}
