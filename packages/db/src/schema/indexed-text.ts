/** The longest text that an index contains, in characters, and in bytes of UTF-8. */
const MAX_CHARACTERS = 500;
const MAX_BYTES = 1_200;

/** The longest character in UTF-8, in bytes. */
const CHARACTER_BYTES = 4;

/**
 * Shortens an error for a column that an index contains, to 500 characters and 1,200 bytes. A row of an index has at most
 * 2,704 bytes, and the one that searches dead letters contains the error twice.
 */
export function shortenedForIndex(error: string): string {
  const short = shortened(error, MAX_CHARACTERS);
  return Buffer.byteLength(short) > MAX_BYTES ? shortened(short, MAX_BYTES / CHARACTER_BYTES) : short;
}

function shortened(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
