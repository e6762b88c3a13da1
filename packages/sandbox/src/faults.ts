/** What a request is told by, e.g. `leadgenId`. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** An order to fail: the next `times` requests whose facts are these get `fault` for an answer. */
export type Fault = { match: Facts; fault: string; times: number };

/** Orders to fail, carried out in the order in which they came. */
export type FaultQueue = {
  add(fault: Fault): void;
  /** The fault of a request, used up by it. `applies` holds back one that would make no difference to the request. */
  take(facts: Facts, applies: (fault: string) => boolean): string | undefined;
  clear(): void;
};

/** An empty {@link FaultQueue}. */
export function createFaultQueue(): FaultQueue {
  let waiting: Fault[] = [];
  return {
    add(fault) {
      waiting.push({ ...fault });
    },
    take(facts, applies) {
      const next = waiting.find(
        ({ match, fault }) => applies(fault) && Object.entries(match).every(([name, value]) => facts[name] === value),
      );
      if (!next) return undefined;
      next.times -= 1;
      waiting = waiting.filter(({ times }) => times > 0);
      return next.fault;
    },
    clear() {
      waiting = [];
    },
  };
}
