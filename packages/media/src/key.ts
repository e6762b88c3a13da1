import { permanent, ProviderError } from "@millrace/core";

/** S3 allows 1,024 bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_LENGTH = 512;

/** File systems allow 255 bytes; the store adds a few characters to its own names. */
const MAX_NAME_LENGTH = 200;

/**
 * Checks that a key is valid in every store: names of plain characters, separated by slashes, none of them `.` or `..`.
 * The folder store's own names contain `~`, which no key can contain.
 * @throws ProviderError permanent, without the key
 */
export function checkKey(key: string): void {
  const isValid = key.length <= MAX_KEY_LENGTH && key.split("/").every(isValidName);
  if (!isValid) throw permanent("the media key is invalid", "invalid_key");
}

const NO_FILE = "no_file";

/** The error for a key without a file. */
export function noFile(): ProviderError {
  return permanent("the media store has no file under this key", NO_FILE);
}

/** Whether an error is {@link noFile}. */
export function isNoFile(error: unknown): boolean {
  return error instanceof ProviderError && error.code === NO_FILE;
}

function isValidName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9._=@-]+$/.test(name) && name !== "." && name !== "..";
}
