import type { BatchTimings } from "./conversions/upload-batcher.ts";

/** The times that capabilities use besides those of their jobs, in ms. */
export type CapabilityTimings = BatchTimings;
