/** A change that the state of a dead letter does not allow. The operator reads the message, so it holds no data. */
export class ChangeRejectedError extends Error {
  override readonly name = "ChangeRejectedError";
}
