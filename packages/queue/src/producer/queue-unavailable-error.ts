/** The queue did not accept the events in time, or is full. None of them is accepted. */
export class QueueUnavailableError extends Error {
  override readonly name = "QueueUnavailableError";
}
