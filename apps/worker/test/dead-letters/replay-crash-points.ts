/**
 * Where a replay's worker dies: the dead letter is marked as replaying, the old job is removed, the new job is added,
 * the effects are written, or the effects are committed and the job is not completed.
 */
export const REPLAY_CRASH_POINTS = ["marked", "removed", "requeued", "written", "committed"] as const;

/** See {@link REPLAY_CRASH_POINTS}. */
export type ReplayCrashPoint = (typeof REPLAY_CRASH_POINTS)[number];
