import type { PauseStore, Now, Random } from "@millrace/core";

/** Whether a job may run now. */
export type ScopeCheck =
  | { open: true; /** Parked scopes that this job was let through to try. */ probes: readonly string[] }
  | { open: false; kind: "rate_limited" | "paused"; scope: string; until: Date };

/** How long a worker may not know of a hold that another placed, in ms. */
const REFRESH_MS = 1_000;

/** Jobs let go at one moment would all arrive at that moment: they are spread over this, in ms. */
const SPREAD_MS = 1_000;

/** Lets jobs through or tells them until when to wait. */
export type FlowControl = {
  check(scopes: readonly string[]): Promise<ScopeCheck>;
  /** A job that was let through to try did not come to it: the next one may. */
  returnProbes(trials: readonly string[]): Promise<void>;
  /**
   * Throttled: the scope waits until then; all of `widen` does when another scope below it waits already. True when it
   * was free before.
   */
  rateLimit(scope: string, until: Date, reason: string, widen?: string): Promise<boolean>;
  /** A person must act: the scope waits and is tried now and then. True when it was free before. */
  pause(scope: string, reason: string): Promise<boolean>;
  /** A call worked: the scopes are free again. Returns those that were not. */
  resume(scopes: readonly string[]): Promise<string[]>;
};

/**
 * A gate over the holds that all workers share, read at most once a second. Every `trialMs` one job of a paused account
 * tries whether it works again.
 */
export function createFlowControl(holds: PauseStore, now: Now, random: Random, trialMs = 60_000): FlowControl {
  let known: Awaited<ReturnType<PauseStore["list"]>> = [];
  let readAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    const at = now();
    if (at.getTime() - readAt < REFRESH_MS) return;
    readAt = at.getTime();
    known = await holds.list();
    if (known.some((hold) => hold.kind === "rate_limited" && hold.until <= at)) await holds.expire(at);
  }
  async function othersWait(widen: string, scope: string): Promise<boolean> {
    const at = now();
    return (await holds.list()).some(
      (hold) =>
        hold.kind === "rate_limited" && hold.until > at && hold.scope !== scope && hold.scope.startsWith(`${widen}:`),
    );
  }
  const spread = (until: Date) => new Date(until.getTime() + random() * SPREAD_MS);
  const forget = () => {
    readAt = Number.NEGATIVE_INFINITY;
  };
  async function giveBack(trials: readonly string[]): Promise<void> {
    for (const scope of trials) await holds.returnProbe(scope, now());
    if (trials.length > 0) forget();
  }

  return {
    async check(scopes) {
      if (scopes.length === 0) return { open: true, probes: [] };
      await refresh();
      const at = now();
      const theirs = known.filter((hold) => scopes.includes(hold.scope));
      // What must wait all the same takes no turn to try from the others.
      const shut = theirs.find((hold) => hold.until > at);
      if (shut) return { open: false, kind: shut.kind, scope: shut.scope, until: spread(shut.until) };
      const trials: string[] = [];
      for (const hold of theirs.filter(({ kind }) => kind === "paused")) {
        const next = new Date(at.getTime() + trialMs);
        if (!(await holds.claimProbe(hold.scope, at, next))) {
          await giveBack(trials);
          return { open: false, kind: "paused", scope: hold.scope, until: spread(next) };
        }
        hold.until = next;
        trials.push(hold.scope);
      }
      return { open: true, probes: trials };
    },
    returnProbes: giveBack,
    async rateLimit(scope, until, reason, widen) {
      forget();
      const place = widen !== undefined && (await othersWait(widen, scope)) ? widen : scope;
      return holds.set({ scope: place, kind: "rate_limited", reason, until });
    },
    async pause(scope, reason) {
      forget();
      return holds.set({ scope, kind: "paused", reason, until: new Date(now().getTime() + trialMs) });
    },
    async resume(scopes) {
      const lifted: string[] = [];
      for (const scope of scopes) if (await holds.resume(scope)) lifted.push(scope);
      if (lifted.length > 0) forget();
      return lifted;
    },
  };
}
