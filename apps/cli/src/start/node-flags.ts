/**
 * Flags of Node that bound the memory of ingest, the worker and the dashboard. The space of new objects is limited to three
 * times 8 MB instead of three times 16 MB, and the heap grows to at most twice its size after a full garbage collection,
 * instead of four times. docs/benchmarks.md compares memory and CPU time with and without them. deploy/Dockerfile has the
 * same flags.
 * https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=8", "--heap-growing-percent=100"];
