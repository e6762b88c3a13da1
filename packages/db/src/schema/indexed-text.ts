/** The longest text in an index, in characters. A row of an index has at most 2,704 bytes. */
const MAX_LENGTH = 500;

/** Shortens the text of an error for a column that an index contains. */
export function shortenedForIndex(text: string): string {
  const characters = Array.from(text);
  return characters.length > MAX_LENGTH ? `${characters.slice(0, MAX_LENGTH - 1).join("")}…` : text;
}
