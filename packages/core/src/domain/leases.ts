/** A lease, and the worker that acquired it. */
export type HeldLease = { name: string; holder: string };

/** Leases of work that one worker does at a time, shared by all workers. A lease expires unless its holder renews it. */
export type LeaseStore = {
  /** Acquires a lease, or renews it for the same holder, for `ttlMs`. Returns false while another holder has it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Releases a lease. Changes nothing when another holder has it. */
  release(name: string, holder: string): Promise<void>;
};
