export * from "./database.ts";
export * from "./migrate.ts";
export * from "./repositories/dead-letters.ts";
export * from "./repositories/holds.ts";
export * from "./repositories/inbox.ts";
export * from "./repositories/ledger.ts";
export { ANY_ACCOUNT, assignSources, seedSources, sourceStore, type SourceAssignment } from "./repositories/sources.ts";
export { isOutage } from "./outage.ts";
