/** What was waited for did not come in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** The result of `work`, or a rejection with {@link DeadlineError} when it takes longer than `ms`. The work itself goes on. */
export function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
