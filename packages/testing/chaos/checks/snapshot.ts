import type { SentMessage } from "@millrace/sandbox";
import { millrace } from "../../e2e/processes.ts";
import type { AcceptedConversion, AskedQuestion } from "../deployment/sandbox-server.ts";
import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { Acknowledged, Observations } from "../observations.ts";
import type { Quiet } from "../quiet.ts";

/** The row of an outbound message. */
export type MessageRow = {
  id: string;
  conversationId: string;
  channel: string;
  author: string;
  status: string;
  body: string | null;
  externalId: string | null;
  epoch: number | null;
};

/** A change of a conversation's mode, and when it committed, in ms since 1970. */
export type ModeChange = { conversationId: string; epoch: number; committedAt: number };

export type DeadLetterRow = { integration: string; eventId: string; state: string; errorKind: string; error: string };

/** Everything that the checks compare: the tables, what the providers received, and the observations. */
export type Snapshot = {
  observations: Observations;
  quiet: Quiet;
  /** The status of each event in Postgres, by integration and event id. */
  events: ReadonlyMap<string, string>;
  /** The state of each acknowledged event that Postgres does not have, as `millrace trace` reports it. */
  traced: ReadonlyMap<string, string>;
  deadLetters: readonly DeadLetterRow[];
  messages: readonly MessageRow[];
  /** Every status that a platform reported: external id and status. */
  reported: readonly { externalId: string; status: string }[];
  modeChanges: readonly ModeChange[];
  /** When the last merge into a conversation committed, in ms since 1970, by the ids of the conversations that remain. */
  mergedAt: ReadonlyMap<string, number>;
  /** When the last erasure was completed, in ms since 1970; 0 without one. */
  erasedUntil: number;
  sent: readonly SentMessage[];
  conversions: readonly AcceptedConversion[];
  questions: readonly AskedQuestion[];
  /** The output of all processes. */
  output: string;
};

/** The key of an event in {@link Snapshot.events}. */
export function keyOf({ integration, eventId }: Pick<Acknowledged, "integration" | "eventId">): string {
  return `${integration} ${eventId}`;
}

/** Reads a {@link Snapshot} of a deployment that is quiet. */
export async function readSnapshot(
  deployment: ChaosDeployment,
  observations: Observations,
  quiet: Quiet,
): Promise<Snapshot> {
  const { observer, sandbox, apps } = deployment;
  const events = await observer.rows<{ integration: string; eventId: string; status: string }>(
    `select integration, event_id as "eventId", status from millrace.webhook_events`,
  );
  const statuses = new Map(events.map((event) => [keyOf(event), event.status]));
  const missing = observations.acknowledged.filter(
    (event) => !statuses.has(keyOf(event)) && !event.eventId.endsWith("*"),
  );
  const merges = await observer.rows<{ id: string; committedAt: number }>(
    `select conversation_id as id, max(extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000) as "committedAt"
     from millrace.conversation_aliases group by 1`,
  );
  const [erasure] = await observer.rows<{ at: number }>(
    `select coalesce(max(extract(epoch from pg_xact_commit_timestamp(xmin))), 0)::float8 * 1000 as at
     from millrace.audit_log where action = 'contact.erased'`,
  );
  return {
    observations,
    quiet,
    events: statuses,
    traced: await traceAll(missing, deployment.environment),
    deadLetters: await observer.rows<DeadLetterRow>(
      `select integration, event_id as "eventId", state, error_kind as "errorKind", error from millrace.dead_letters`,
    ),
    messages: await observer.rows<MessageRow>(
      `select id, conversation_id as "conversationId", channel, author, status, body, external_id as "externalId", epoch
       from messages where direction = 'outbound'`,
    ),
    reported: await observer.rows(`select external_id as "externalId", status from message_statuses`),
    modeChanges: await observer.rows<ModeChange>(
      `select subject as "conversationId", (after->>'epoch')::int as epoch,
         extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as "committedAt"
       from millrace.audit_log where action in ('conversation.taken_over', 'conversation.handed_back')`,
    ),
    mergedAt: new Map(merges.map(({ id, committedAt }) => [id, committedAt])),
    erasedUntil: erasure?.at ?? 0,
    sent: await sandbox.sent(),
    conversions: await sandbox.conversions(),
    questions: await sandbox.questions(),
    output: Object.values(apps)
      .map((app) => app.output())
      .join(""),
  };
}

/** Asks `millrace trace` about events. Events that it does not know are not in the result. */
async function traceAll(events: readonly Acknowledged[], environment: Record<string, string>) {
  const ids = [...new Set(events.map(({ eventId }) => eventId))];
  if (ids.length === 0) return new Map<string, string>();
  // The command fails when an id is unknown, after it has printed the others.
  const printed = await millrace(["trace", ...ids, "--json"], environment).catch(
    (error: { stdout?: string }) => error.stdout ?? "",
  );
  const traces = JSON.parse(printed || "[]") as { integration: string; eventId: string; state: string }[];
  return new Map(traces.map((trace) => [keyOf(trace), trace.state]));
}
