/** The command was called with words it does not know; the message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
