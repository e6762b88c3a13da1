export * from "./repositories/alerts.ts";
export { checkDatabase } from "./check-database.ts";
export * from "./repositories/conversation-list.ts";
export * from "./database.ts";
export * from "./migrate.ts";
export {
  createConversionBatches,
  type ConversionBatches,
  type UploadBatch,
} from "./repositories/conversion-batches.ts";
export { outcomeJob } from "./repositories/conversion-jobs.ts";
export {
  createConversionReport,
  type BatchLine,
  type ConversionLine,
  type HeldLine,
  type RefusalLine,
  type ConversionReport,
} from "./repositories/conversion-report.ts";
export * from "./repositories/dead-letters.ts";
export { createDeadLetterList, type DeadLetter, type DeadLetterList } from "./repositories/dead-letter-list.ts";
export { createReplays, type Replay, type Replays } from "./repositories/replays.ts";
export { createReplayLane, type ReplayLane } from "./repositories/replay-lane.ts";
export * from "./repositories/death-rates.ts";
export { createErasures, type Erasure, type Erasures } from "./repositories/erasures.ts";
export { contactsMeant, findContacts } from "./repositories/find-contacts.ts";
export { createFence, type Fence } from "./repositories/fence.ts";
export type { FollowUpSettings } from "./repositories/follow-ups.ts";
export * from "./repositories/holds.ts";
export * from "./repositories/inbox.ts";
export * from "./repositories/ledger.ts";
export * from "./repositories/operator-actions.ts";
export * from "./repositories/operator-sessions.ts";
export * from "./repositories/operators.ts";
export * from "./repositories/outbox.ts";
export * from "./repositories/rate-limits.ts";
export * from "./repositories/retention.ts";
export * from "./repositories/turns.ts";
export {
  ANY_ACCOUNT,
  assignSources,
  giveSource,
  listSources,
  seedSources,
  sourceStore,
  type SourceAssignment,
  type SourceLine,
} from "./repositories/sources.ts";
export { isOutage } from "./outage.ts";
export { storedMedia, type StoredMediaRecords } from "./repositories/stored-media.ts";
