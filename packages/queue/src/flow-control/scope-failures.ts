/** After so many failures in a row, the circuit of a scope opens. */
const OPEN_AFTER = 3;

/** Most jobs that a scope remembers. Beyond it the scope forgets them all, which costs no job an attempt. */
const MAX_JOBS = 1_000;

/**
 * What follows from the failure of a job: the scope's circuit opens, the job waits without using an attempt, or the
 * failure is the job's own, because the scope works for others.
 */
export type FailureMeaning = "open" | "wait" | "attempt";

/** The failures in a row of each scope, as this process saw them. */
export type ScopeFailures = {
  failed(scope: string, jobId: string): FailureMeaning;
  succeeded(scopes: readonly string[]): void;
};

type ScopeState = {
  inARow: number;
  /** How many calls of the scope succeeded since its first failure. */
  successes: number;
  /** The value of `successes` at the last failure of each job. */
  successesAtFailure: Map<string, number>;
};

/** Creates the record of failures. */
export function createScopeFailures(): ScopeFailures {
  const states = new Map<string, ScopeState>();
  return {
    failed(scope, jobId) {
      const state = states.get(scope) ?? { inARow: 0, successes: 0, successesAtFailure: new Map<string, number>() };
      states.set(scope, state);
      const before = state.successesAtFailure.get(jobId);
      if (state.successesAtFailure.size >= MAX_JOBS) state.successesAtFailure.clear();
      state.successesAtFailure.set(jobId, state.successes);
      if (before !== undefined && before < state.successes) return "attempt";
      state.inARow += 1;
      return state.inARow >= OPEN_AFTER ? "open" : "wait";
    },
    succeeded(scopes) {
      for (const scope of scopes) {
        // Only a scope that failed has a state.
        const state = states.get(scope);
        if (!state) continue;
        state.inARow = 0;
        state.successes += 1;
      }
    },
  };
}
