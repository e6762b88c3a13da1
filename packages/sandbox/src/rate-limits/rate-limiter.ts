import type { Now } from "@millrace/core";

/** A limit as a provider sets it: one per `intervalMs` in the long run, `burst` at once. */
export type Limit = { name: string; intervalMs: number; burst: number };

/** What a request counts for: a limit, and who of those that it holds for, e.g. a chat. */
export type Use = { limit: Limit; key: string };

/** Keeps the providers' limits, as they do themselves: what is refused does not count. */
export type Limits = {
  /** Counts a request for all its uses; or counts it for none, and says which was exceeded and for how many ms. */
  use(uses: readonly Use[]): { exceeded: Limit; waitMs: number } | undefined;
  /** Whether they are kept at all. */
  enforce(enforced: boolean): void;
  /** Whether they are kept, and how many requests were refused for each since the start. */
  tell(): { enforced: boolean; refused: Record<string, number> };
};

/** How many scopes are remembered before those at rest are forgotten. */
const MEMORY = 100_000;

/** {@link Limits} that tell the time by `now`. */
export function createLimits(now: Now, enforced: boolean): Limits {
  let on = enforced;
  const refused: Record<string, number> = {};
  /** When each scope will be at rest again, in ms: the "theoretical arrival time" of the generic cell rate algorithm. */
  const restsAt = new Map<string, number>();
  return {
    use(uses) {
      if (!on) return undefined;
      const at = now().getTime();
      const next = uses.map(({ limit, key }) => {
        const scope = `${limit.name}:${key}`;
        const rest = Math.max(restsAt.get(scope) ?? 0, at) + limit.intervalMs;
        return { limit, scope, rest, waitMs: rest - at - limit.burst * limit.intervalMs };
      });
      const over = next.find(({ waitMs }) => waitMs > 0);
      if (over) {
        refused[over.limit.name] = (refused[over.limit.name] ?? 0) + 1;
        return { exceeded: over.limit, waitMs: over.waitMs };
      }
      for (const { scope, rest } of next) restsAt.set(scope, rest);
      if (restsAt.size > MEMORY) for (const [scope, rest] of restsAt) if (rest <= at) restsAt.delete(scope);
      return undefined;
    },
    enforce(enforced) {
      on = enforced;
    },
    tell: () => ({ enforced: on, refused: { ...refused } }),
  };
}
