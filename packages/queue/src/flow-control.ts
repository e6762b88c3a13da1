import type { Now, Pause, PauseStore, Random } from "@millrace/core";

/** Whether a job may run now. */
export type ScopeCheck =
  | { open: true; /** Paused scopes that this job probes. */ probes: readonly string[] }
  | { open: false; kind: Pause["kind"]; scope: string; until: Date };

/** How long a worker may not know of a pause that another worker set, in ms. */
const REFRESH_MS = 1_000;

/** Waiting jobs become due at random times within this many ms, so that they do not all run at once. */
const SPREAD_MS = 1_000;

/** Decides which jobs may run, by the pauses of their scopes. */
export type FlowControl = {
  check(scopes: readonly string[]): Promise<ScopeCheck>;
  /** Releases the probes of a job that made no call, so that the next job can probe. */
  returnProbes(scopes: readonly string[]): Promise<void>;
  /**
   * Rate limits a scope until a time; all of `widen` when another scope below it is rate limited already. Returns true
   * when the scope had no pause.
   */
  rateLimit(scope: string, until: Date, reason: string, widen?: string): Promise<boolean>;
  /** Pauses a scope until a probe succeeds; an operator must act. Returns true when the scope had no pause. */
  pause(scope: string, reason: string): Promise<boolean>;
  /** Resumes scopes after a successful call. Returns those that were paused or rate limited. */
  resume(scopes: readonly string[]): Promise<string[]>;
};

/**
 * Creates the flow control over the pauses that all workers share, which it reads at most once a second. Every `probeMs`
 * one job of a paused scope probes whether calls succeed again.
 */
export function createFlowControl(pauses: PauseStore, now: Now, random: Random, probeMs = 60_000): FlowControl {
  let known: Pause[] = [];
  let readAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    const at = now();
    if (at.getTime() - readAt < REFRESH_MS) return;
    readAt = at.getTime();
    known = await pauses.list();
    if (known.some((pause) => pause.kind === "rate_limited" && pause.until <= at)) await pauses.expire(at);
  }
  function invalidate(): void {
    readAt = Number.NEGATIVE_INFINITY;
  }
  async function isAnotherLimited(widen: string, scope: string): Promise<boolean> {
    const at = now();
    return (await pauses.list()).some(
      (pause) =>
        pause.kind === "rate_limited" &&
        pause.until > at &&
        pause.scope !== scope &&
        pause.scope.startsWith(`${widen}:`),
    );
  }
  function spread(until: Date): Date {
    return new Date(until.getTime() + random() * SPREAD_MS);
  }
  async function returnProbes(scopes: readonly string[]): Promise<void> {
    for (const scope of scopes) await pauses.returnProbe(scope, now());
    if (scopes.length > 0) invalidate();
  }

  return {
    async check(scopes) {
      if (scopes.length === 0) return { open: true, probes: [] };
      await refresh();
      const at = now();
      const relevant = known.filter((pause) => scopes.includes(pause.scope));
      // A job that must wait for one scope claims no probe of another.
      const blocking = relevant.find((pause) => pause.until > at);
      if (blocking) return { open: false, kind: blocking.kind, scope: blocking.scope, until: spread(blocking.until) };
      const probes: string[] = [];
      for (const pause of relevant.filter(({ kind }) => kind === "paused")) {
        const next = new Date(at.getTime() + probeMs);
        if (!(await pauses.claimProbe(pause.scope, at, next))) {
          await returnProbes(probes);
          return { open: false, kind: "paused", scope: pause.scope, until: spread(next) };
        }
        pause.until = next;
        probes.push(pause.scope);
      }
      return { open: true, probes };
    },
    returnProbes,
    async rateLimit(scope, until, reason, widen) {
      invalidate();
      const limited = widen !== undefined && (await isAnotherLimited(widen, scope)) ? widen : scope;
      return pauses.set({ scope: limited, kind: "rate_limited", reason, until });
    },
    async pause(scope, reason) {
      invalidate();
      return pauses.set({ scope, kind: "paused", reason, until: new Date(now().getTime() + probeMs) });
    },
    async resume(scopes) {
      const resumed: string[] = [];
      for (const scope of scopes) if (await pauses.resume(scope)) resumed.push(scope);
      if (resumed.length > 0) invalidate();
      return resumed;
    },
  };
}
