/** Replaces U+0000 and lone surrogates by U+FFFD, because neither text nor jsonb of Postgres can store them. */
export function storable(text: string): string {
  return text.replaceAll("\u0000", "\uFFFD").toWellFormed();
}
