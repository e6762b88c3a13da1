/** The facts of a request that a fault can match, such as `leadgenId`. `api` names the API. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** A fault of the next `times` requests that have the facts of `match`. */
export type Fault = {
  match: Facts;
  fault: string;
  times: number;
  /** Share of the matching requests that fail, from 0 to 1. The same seed selects the same requests. */
  share?: number | undefined;
  /** Only the first request of each subject fails, so that its second succeeds. */
  first?: boolean | undefined;
  seed?: number | undefined;
};

/** The faults that wait for a request, oldest first. */
export type FaultQueue = {
  add(fault: Fault): void;
  /**
   * Returns the fault of a request and uses it up. `applies` excludes faults that would not change the response.
   * `subject` identifies the request across attempts. The queue reads it only for faults with `share` or `first`.
   */
  take(facts: Facts, applies: (fault: string) => boolean, subject?: () => string): string | undefined;
  clear(): void;
};

/** A fault with the number of attempts that it has seen of each subject. */
type QueuedFault = Fault & { attempts: Map<string, number> };

/** Creates an empty {@link FaultQueue}. */
export function createFaultQueue(): FaultQueue {
  let queued: QueuedFault[] = [];
  return {
    add(fault) {
      queued.push({ ...fault, attempts: new Map() });
    },
    take(facts, applies, subject = () => "") {
      const next = queued.find(
        (fault) => applies(fault.fault) && matches(fault.match, facts) && appliesToAttempt(fault, subject),
      );
      if (!next) return undefined;
      next.times -= 1;
      if (next.times < 1) queued = queued.filter((fault) => fault !== next);
      return next.fault;
    },
    clear() {
      queued = [];
    },
  };
}

function matches(match: Facts, facts: Facts): boolean {
  return Object.entries(match).every(([name, value]) => facts[name] === value);
}

/** Whether a fault applies to this attempt. It depends on subject and attempt, not on the order in which requests arrive. */
function appliesToAttempt({ share, first, seed, attempts }: QueuedFault, subject: () => string): boolean {
  if (share === undefined && !first) return true;
  const name = subject();
  const attempt = (attempts.get(name) ?? 0) + 1;
  attempts.set(name, attempt);
  if (first && attempt > 1) return false;
  return share === undefined || pseudoRandom(`${seed ?? 0}:${attempt}:${name}`) < share;
}

/** Maps a text to a number in [0, 1): FNV-1a, then the finalizer of MurmurHash3. */
function pseudoRandom(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
