import type { HoldStore, Now, Random } from "@millrace/core";

/** Whether a job may run now. */
export type Passage =
  | { open: true; /** Parked scopes that this job was let through to try. */ trials: readonly string[] }
  | { open: false; kind: "rate_limited" | "parked"; scope: string; until: Date };

/** How long a worker may not know of a hold that another placed, in ms. */
const REFRESH_MS = 1_000;

/** Jobs let go at one moment would all arrive at that moment: they are spread over this, in ms. */
const SPREAD_MS = 1_000;

/** Lets jobs through or tells them until when to wait. */
export type Gate = {
  check(scopes: readonly string[]): Promise<Passage>;
  /** Throttled: the scope waits until then. True when it was free before. */
  limit(scope: string, until: Date, reason: string): Promise<boolean>;
  /** A person must act: the scope waits and is tried now and then. True when it was free before. */
  park(scope: string, reason: string): Promise<boolean>;
  /** A call worked: the scopes are free again. Returns those that were not. */
  lift(scopes: readonly string[]): Promise<string[]>;
};

/**
 * A gate over the holds that all workers share, read at most once a second. Every `trialMs` one job of a parked account
 * tries whether it works again.
 */
export function createGate(holds: HoldStore, now: Now, random: Random, trialMs = 60_000): Gate {
  let known: Awaited<ReturnType<HoldStore["list"]>> = [];
  let readAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    const at = now();
    if (at.getTime() - readAt < REFRESH_MS) return;
    readAt = at.getTime();
    known = await holds.list();
    if (known.some((hold) => hold.kind === "rate_limited" && hold.until <= at)) await holds.expire(at);
  }
  const spread = (until: Date) => new Date(until.getTime() + random() * SPREAD_MS);
  const forget = () => {
    readAt = Number.NEGATIVE_INFINITY;
  };

  return {
    async check(scopes) {
      if (scopes.length === 0) return { open: true, trials: [] };
      await refresh();
      const trials: string[] = [];
      for (const hold of known.filter((candidate) => scopes.includes(candidate.scope))) {
        const at = now();
        if (hold.until > at) return { open: false, kind: hold.kind, scope: hold.scope, until: spread(hold.until) };
        if (hold.kind === "rate_limited") continue;
        const next = new Date(at.getTime() + trialMs);
        if (!(await holds.claimTrial(hold.scope, at, next)))
          return { open: false, kind: "parked", scope: hold.scope, until: spread(next) };
        hold.until = next;
        trials.push(hold.scope);
      }
      return { open: true, trials };
    },
    async limit(scope, until, reason) {
      forget();
      return holds.place({ scope, kind: "rate_limited", reason, until });
    },
    async park(scope, reason) {
      forget();
      return holds.place({ scope, kind: "parked", reason, until: new Date(now().getTime() + trialMs) });
    },
    async lift(scopes) {
      const lifted: string[] = [];
      for (const scope of scopes) if (await holds.lift(scope)) lifted.push(scope);
      if (lifted.length > 0) forget();
      return lifted;
    },
  };
}
