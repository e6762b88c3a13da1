let previous: Promise<unknown> = Promise.resolve();

/**
 * Starts a deployment after the one before is ready. Tests that run at the same time start in turn, because two cores
 * need too long to start all their processes at once.
 */
export function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const started = previous.then(start);
  previous = started.catch(() => undefined);
  return started;
}
