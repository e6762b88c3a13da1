import type { DeadLetterSelection } from "@millrace/core";
import type { DeadLetterList } from "@millrace/db";

/** The dead letters in state dead of a selection: how many there are, and how many per queue and error. */
export type Preview = {
  count: number;
  countsByError: { queue: string; errorKind: string; error: string; count: number }[];
};

/** Counts the dead letters that a replay or a discard of the selection would change. */
export async function previewOf(deadLetters: DeadLetterList, selection: DeadLetterSelection): Promise<Preview> {
  const { dead } = await deadLetters.counts(selection);
  const errors = await deadLetters.countsByError(selection);
  const countsByError = errors.map(({ queue, errorKind, error, ...line }) => ({
    queue,
    errorKind,
    error,
    count: line.letters,
  }));
  return { count: dead, countsByError };
}
