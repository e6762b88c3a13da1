import type { ChaosDeployment } from "./deployment/deployment.ts";
import type { Snapshot } from "./checks/snapshot.ts";

/** What explains a violation: the output of each process, the rows that the checks read, and what the providers received. */
export type Evidence = {
  output: Record<string, string>;
  tables: Record<string, readonly object[]>;
  sent: Snapshot["sent"];
  questions: Snapshot["questions"];
  inbound: Snapshot["observations"]["inbound"];
  sends: Snapshot["observations"]["sends"];
};

/** Tables of a run, all its rows. The people and texts in them are made up. */
const TABLES = [
  "messages",
  "conversations",
  "conversation_aliases",
  "ai_turns",
  "audit_log",
  "dead_letters",
  "pauses",
  "leases",
];

/** Reads {@link Evidence} of a deployment that is quiet. */
export async function readEvidence(
  { observer, apps }: ChaosDeployment,
  { sent, questions, observations }: Snapshot,
): Promise<Evidence> {
  const tables: Evidence["tables"] = {};
  // Both schemas are in the role's search path, but not in the superuser's.
  await observer.rows("set search_path to public, millrace, bullmq");
  for (const table of TABLES)
    tables[table] = await observer.rows(
      `select *, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as "committedAt" from ${table}`,
    );
  return {
    output: Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, app.output()])),
    tables,
    sent,
    questions,
    inbound: observations.inbound,
    sends: observations.sends,
  };
}
