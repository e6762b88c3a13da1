import { setTimeout as wait } from "node:timers/promises";
import { type HeldLease, type LeaseStore, withDeadline } from "@millrace/core";

/** A lease that a worker wants. */
export type LeaseOptions = HeldLease & {
  leases: LeaseStore;
  /** How long the lease lasts without a renewal, in ms. The holder renews it three times in that time. */
  ttlMs: number;
};

/**
 * Runs `term` each time that the lease is acquired, until `closing` aborts. The signal of a term aborts once the lease is
 * lost: it expired while its store was away or while this process was suspended. A term resolves when it no longer uses
 * what the lease protects. Then the lease is released, so that the next holder need not wait until it expires.
 */
export async function whileLeased(
  options: LeaseOptions,
  closing: AbortSignal,
  term: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!closing.aborted) {
    const acquired = await acquire(options);
    if (typeof acquired === "object") await runTerm(options, acquired.heldUntil, term);
    else await wait(options.ttlMs / 6, undefined, { signal: closing }).catch(() => undefined);
  }
}

async function runTerm(
  options: LeaseOptions,
  heldUntil: number,
  term: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  const { leases, name, holder, ttlMs } = options;
  const [lost, ended] = [new AbortController(), new AbortController()];
  const over = AbortSignal.any([lost.signal, ended.signal]);
  const loseAt = (time: number) => setTimeout(() => lost.abort(), time - performance.now());
  let expiry = loseAt(heldUntil);

  async function renew(): Promise<void> {
    while (!over.aborted) {
      await wait(ttlMs / 3, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      const renewed = await acquire(options);
      if (renewed === "held by another") lost.abort();
      if (typeof renewed !== "object" || lost.signal.aborted) continue;
      clearTimeout(expiry);
      expiry = loseAt(renewed.heldUntil);
    }
  }

  const renewing = renew();
  await term(lost.signal);
  ended.abort();
  await renewing;
  clearTimeout(expiry);
  // A lease that is not released expires by itself.
  await withDeadline(leases.release(name, holder), ttlMs / 3).catch(() => undefined);
}

/**
 * Acquires or renews the lease once. `heldUntil` counts from before the request, so this process never considers the
 * lease held for longer than the store does. It is a time of `performance.now()`, because the machine's clock can jump.
 */
async function acquire({
  leases,
  name,
  holder,
  ttlMs,
}: LeaseOptions): Promise<{ heldUntil: number } | "held by another" | "unavailable"> {
  const heldUntil = performance.now() + ttlMs;
  try {
    const isHeld = await withDeadline(leases.acquire(name, holder, ttlMs), ttlMs / 3);
    return isHeld ? { heldUntil } : "held by another";
  } catch {
    return "unavailable";
  }
}
