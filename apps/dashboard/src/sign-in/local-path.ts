/** Stands for our own host while a path is read as a browser does. */
const HERE = "http://here.invalid";

/** Where to go after the sign-in: the path if it is one of ours, otherwise the board. */
export function localPath(next: string | undefined): string {
  if (!next?.startsWith("/") || !URL.canParse(next, HERE)) return "/";
  const { origin, pathname, search } = new URL(next, HERE);
  // Two slashes can also come of what the reading removes, as in `/.//other.example`.
  return origin === HERE && !pathname.startsWith("//") ? `${pathname}${search}` : "/";
}
