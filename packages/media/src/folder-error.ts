import { ProviderError, retryable } from "@millrace/core";

/** What opening a file gives when there is none under its path: nothing, a folder, or a link. */
export const NO_SUCH_FILE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP"]);

/** A person must make the folder writable, or make room. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"]);

/** What is to be done after an error of the file system; its paths are left out. */
export function folderError(error: unknown, scope: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const code = codeOf(error);
  if (!NEEDS_A_PERSON.has(code)) return retryable(`the media folder failed: ${code}`, { code });
  return new ProviderError(`the media folder cannot be used: ${code}`, { kind: "paused", scope }, { code });
}

/** The system's code of an error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
