import type { Now, Pause, PausedJob, PausedJobStore, PauseStore, ProbeIntervals, Random } from "@millrace/core";
import { createScopeFailures, type FailureMeaning } from "./scope-failures.ts";

/** A paused scope that a job probes. */
export type Probe = Pick<Pause, "scope" | "kind">;

/** Whether a job may run now. `waitMs` is how long until the next probe of the scope may run. */
export type ScopeCheck =
  | { open: true; probes: readonly Probe[] }
  | { open: false; kind: Pause["kind"]; scope: string; waitMs: number };

/** How long a worker may not know of a pause that another worker set, in ms. */
const REFRESH_MS = 1_000;

/** The longest wait that a provider can ask for, in ms. After it a probe runs. */
const LONGEST_RATE_LIMIT_MS = 15 * 60_000;

/** The intervals between the probes of a scope, in ms. */
const DEFAULT_PROBES: ProbeIntervals = { firstMs: 5_000, longestMs: 60_000 };

/** Decides which jobs may run, by the pauses of their scopes. */
export type FlowControl = {
  check(scopes: readonly string[]): Promise<ScopeCheck>;
  /** Whether a scope has a pause, by the table itself. */
  isPaused(scope: string): Promise<boolean>;
  /** Adds a job to those that wait for its scope. */
  addPausedJob(job: PausedJob): Promise<void>;
  /** Releases the probes of a job that made no call, so that the next job can probe. */
  returnProbes(probes: readonly Probe[]): Promise<void>;
  /**
   * Rate limits a scope until a time, at most {@link LONGEST_RATE_LIMIT_MS} from now; all of `widen` when another scope
   * below it is rate limited already. Returns true when the scope had no pause.
   */
  rateLimit(scope: string, until: Date, reason: string, widen?: string): Promise<boolean>;
  /** Pauses a scope until a probe succeeds; an operator must act. Returns true when the scope had no pause. */
  pause(scope: string, reason: string): Promise<boolean>;
  /**
   * Records that a scope did not work for a job. The result `open` also pauses the scope; `isNew` is then true when it
   * had no pause.
   */
  fail(scope: string, jobId: string, reason: string): Promise<{ meaning: FailureMeaning; isNew: boolean }>;
  /** How long a job waits alone after `waits` waits, while the circuit of its scope is closed, in ms. */
  waitMs(waits: number): number;
  /** Records a successful call of a job with these scopes, and resumes those that it probed. Returns the resumed scopes. */
  succeed(scopes: readonly string[], probes: readonly Probe[]): Promise<string[]>;
};

/** The stores and functions that {@link createFlowControl} uses. */
export type FlowControlDeps = {
  pauses: PauseStore;
  pausedJobs: PausedJobStore;
  now: Now;
  random: Random;
  probes?: Partial<ProbeIntervals>;
};

/**
 * Creates the flow control over the pauses that all workers share, which it reads at most once a second. At intervals
 * one job of a paused scope probes whether calls succeed again. Every time is a duration by the database's clock.
 */
export function createFlowControl({ pauses, pausedJobs, now, random, ...options }: FlowControlDeps): FlowControl {
  const intervals = { ...DEFAULT_PROBES, ...options.probes };
  const failures = createScopeFailures();
  /** The latest reading of the pauses. Jobs that start while it runs await it, so that none misses a pause. */
  let reading: { at: number; pauses: Promise<Pause[]> } | undefined;

  /** Returns the pauses as they were within the last second, with their remaining waits. */
  async function knownPauses(): Promise<Pause[]> {
    if (!reading || now().getTime() - reading.at >= REFRESH_MS) {
      const started = { at: now().getTime(), pauses: pauses.list() };
      reading = started;
      started.pauses.catch(() => {
        if (reading === started) reading = undefined;
      });
    }
    const { at, pauses: listed } = reading;
    const known = await listed;
    const passedMs = now().getTime() - at;
    return known.map((pause) => ({ ...pause, waitMs: pause.waitMs - passedMs }));
  }
  function invalidate(): void {
    reading = undefined;
  }
  async function isAnotherLimited(widen: string, scope: string): Promise<boolean> {
    return (await pauses.list()).some(
      (pause) =>
        pause.kind === "rate_limited" &&
        pause.waitMs > 0 &&
        pause.scope !== scope &&
        pause.scope.startsWith(`${widen}:`),
    );
  }
  async function returnProbes(probes: readonly Probe[]): Promise<void> {
    for (const { scope } of probes) await pauses.returnProbe(scope);
    if (probes.length > 0) invalidate();
  }

  return {
    async check(scopes) {
      if (scopes.length === 0) return { open: true, probes: [] };
      const relevant = (await knownPauses()).filter(({ scope }) => scopes.includes(scope));
      // A job that must wait for one scope claims no probe of another.
      const blocking = relevant.find(({ waitMs }) => waitMs > 0);
      if (blocking) return { open: false, kind: blocking.kind, scope: blocking.scope, waitMs: blocking.waitMs };
      const probes: Probe[] = [];
      for (const { scope, kind } of relevant) {
        if (!(await pauses.claimProbe(scope, intervals)) && (await isPaused(scope))) {
          await returnProbes(probes);
          invalidate();
          return { open: false, kind, scope, waitMs: intervals.firstMs };
        }
        probes.push({ scope, kind });
      }
      if (probes.length > 0) invalidate();
      return { open: true, probes };
    },
    isPaused,
    addPausedJob: (job) => pausedJobs.add(job),
    returnProbes,
    async rateLimit(scope, until, reason, widen) {
      const limited = widen !== undefined && (await isAnotherLimited(widen, scope)) ? widen : scope;
      const waitMs = Math.min(Math.max(until.getTime() - now().getTime(), 0), LONGEST_RATE_LIMIT_MS);
      invalidate();
      return pauses.set({ scope: limited, kind: "rate_limited", reason, waitMs });
    },
    async pause(scope, reason) {
      invalidate();
      return pauses.set({ scope, kind: "paused", reason, waitMs: intervals.longestMs });
    },
    async fail(scope, jobId, reason) {
      const meaning = failures.failed(scope, jobId);
      if (meaning !== "open") return { meaning, isNew: false };
      invalidate();
      return { meaning, isNew: await pauses.set({ scope, kind: "unavailable", reason, waitMs: intervals.firstMs }) };
    },
    waitMs: (waits) =>
      Math.min(intervals.firstMs * 2 ** Math.min(waits, 30), intervals.longestMs) * (0.5 + random() / 2),
    async succeed(scopes, probes) {
      failures.succeeded(scopes);
      const resumed: string[] = [];
      for (const { scope } of probes) if (await pauses.resume(scope)) resumed.push(scope);
      if (resumed.length > 0) invalidate();
      return resumed;
    },
  };

  async function isPaused(scope: string): Promise<boolean> {
    return (await pauses.list()).some((pause) => pause.scope === scope);
  }
}
