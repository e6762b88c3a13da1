/** Base URL for parsing a path as a browser does. */
const BASE = "http://base.invalid";

/** Returns the path to open after the sign-in: `next` when it is a path of this host, otherwise the board. */
export function localPath(next: string | undefined): string {
  if (!next?.startsWith("/") || !URL.canParse(next, BASE)) return "/";
  const { origin, pathname, search } = new URL(next, BASE);
  // Parsing can also produce two leading slashes, as in `/.//other.example`.
  return origin === BASE && !pathname.startsWith("//") ? `${pathname}${search}` : "/";
}
