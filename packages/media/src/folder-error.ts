import { ProviderError, unavailable } from "@millrace/core";

/** Codes of the errors when a path has no file: it is missing, a folder or a link. */
export const NO_SUCH_FILE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP"]);

/** An operator must make the folder writable or free disk space. */
const NEEDS_OPERATOR: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"]);

/** Classifies an error of the file system. The message does not contain the path. */
export function folderError(error: unknown, scope: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const code = codeOf(error);
  if (!NEEDS_OPERATOR.has(code)) return unavailable(`the media folder failed: ${code}`, scope, { code });
  return new ProviderError(`the media folder cannot be used: ${code}`, { kind: "paused", scope }, { code });
}

/** Returns the system's code of an error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
