/** Methods that change no state (RFC 9110 section 9.2.1). OPTIONS is missing because no route answers it. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];

/** Whether a request with this method may change something. */
export function isChanging(method: string): boolean {
  return !SAFE_METHODS.includes(method);
}
