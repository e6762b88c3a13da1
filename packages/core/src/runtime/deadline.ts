/** The work did not finish in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** Resolves like `work`, or rejects with {@link DeadlineError} after `ms`. The work itself is not cancelled. */
export function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
