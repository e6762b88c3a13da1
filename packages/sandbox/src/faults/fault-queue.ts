/** What a request is told by, e.g. `leadgenId`; `api` says which of the APIs it goes to. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** An order to fail: the next `times` requests whose facts are these get `fault` for an answer. */
export type Fault = {
  match: Facts;
  fault: string;
  times: number;
  /** Of the requests that match, only this share from 0 to 1 fails: always the same ones for the same seed. */
  share?: number | undefined;
  /** Only a message's first request can fail, so that its second gets through. */
  first?: boolean | undefined;
  seed?: number | undefined;
};

/** Orders to fail, carried out in the order in which they came. */
export type FaultQueue = {
  add(fault: Fault): void;
  /**
   * The fault of a request, used up by it. `applies` holds back one that would make no difference to the request.
   * `subject` names what the request is about, the same in every attempt; only asked where attempts are told apart.
   */
  take(facts: Facts, applies: (fault: string) => boolean, subject?: () => string): string | undefined;
  clear(): void;
};

/** A fault that waits, and how often it has met each subject. */
type Waiting = Fault & { met: Map<string, number> };

/** An empty {@link FaultQueue}. */
export function createFaultQueue(): FaultQueue {
  let waiting: Waiting[] = [];
  return {
    add(fault) {
      waiting.push({ ...fault, met: new Map() });
    },
    take(facts, applies, subject = () => "") {
      const next = waiting.find((order) => applies(order.fault) && matches(order.match, facts) && hits(order, subject));
      if (!next) return undefined;
      next.times -= 1;
      if (next.times < 1) waiting = waiting.filter((order) => order !== next);
      return next.fault;
    },
    clear() {
      waiting = [];
    },
  };
}

function matches(match: Facts, facts: Facts): boolean {
  return Object.entries(match).every(([name, value]) => facts[name] === value);
}

/** Whether an order strikes this attempt. It is drawn from subject and attempt, so that the order of arrival does not matter. */
function hits({ share, first, seed, met }: Waiting, subject: () => string): boolean {
  if (share === undefined && !first) return true;
  const name = subject();
  const attempt = (met.get(name) ?? 0) + 1;
  met.set(name, attempt);
  if (first && attempt > 1) return false;
  return share === undefined || drawn(`${seed ?? 0}:${attempt}:${name}`) < share;
}

/** A number in [0, 1) that is always the same for the same text: FNV-1a, then the finalizer of MurmurHash3. */
function drawn(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
