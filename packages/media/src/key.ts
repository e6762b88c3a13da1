import { permanent, ProviderError } from "@millrace/core";

/** S3 takes 1,024 bytes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
const MAX_KEY_LENGTH = 512;

/** File systems take 255 bytes; the store adds a few characters for names of its own. */
const MAX_NAME_LENGTH = 200;

/**
 * Checks that a key is good in every store: names of plain characters with a slash between them, none of them `.` or
 * `..`. Names of the folder's own hold a `~`, which no key has.
 * @throws ProviderError permanent, without the key
 */
export function checkKey(key: string): void {
  const sound = key.length <= MAX_KEY_LENGTH && key.split("/").every(isSound);
  if (!sound) throw permanent("the media key is none that a store takes", "odd_key");
}

const NO_FILE = "no_file";

/** The error of a key that no file is under. */
export function noFile(): ProviderError {
  return permanent("there is no file under this key in the media store", NO_FILE);
}

/** Whether an error is {@link noFile}. */
export function isNoFile(error: unknown): boolean {
  return error instanceof ProviderError && error.code === NO_FILE;
}

function isSound(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9._=@-]+$/.test(name) && name !== "." && name !== "..";
}
