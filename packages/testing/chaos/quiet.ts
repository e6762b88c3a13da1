import { setTimeout as wait } from "node:timers/promises";
import { integrations } from "@millrace/integrations";
import { createQueueReader, openQueueBackend, queueCatalogue, type QueueReader } from "@millrace/queue";
import type { ChaosDeployment } from "./deployment/deployment.ts";
import { LATE_ANSWER_MS } from "./deployment/sandbox-server.ts";
import { PEOPLE } from "./workload/people.ts";

/** The longest time without faults and load until everything must be finished, in ms. */
const QUIET_MS = 5 * 60_000;

const POLL_MS = 1_000;

/**
 * How long nothing must be unfinished, in ms. Work moves between the queue and Postgres, and the AI answers some questions
 * late, although their turn is over.
 */
const COMPLETE_MS = LATE_ANSWER_MS + 2 * POLL_MS;

/** Work that is not finished: what it is, and the ids. */
type Unfinished = { what: string; ids: string[] };

const ERASABLE = PEOPLE.flatMap(({ erasable, address }) => (erasable ? `'${address}'` : [])).join(", ");

/** A statement per kind of unfinished work in Postgres, with the ids. */
const UNFINISHED: Readonly<Record<string, string>> = {
  "unsent messages": "select id from messages where status in ('queued', 'sending')",
  "open AI turns": "select id from millrace.ai_turns where state in ('debouncing', 'awaiting_reply')",
  "replaying dead letters": "select id from millrace.dead_letters where state = 'replaying'",
  "batches without a result": `select b.id from millrace.conversion_batches b where b.state in ('formed', 'sent') and
      not exists (select from millrace.dead_letters d where d.state = 'dead' and d.payload->>'batchId' = b.id::text)`,
  "conversions without a batch": "select id from conversion_uploads where status = 'queued' and batch_id is null",
  // An erasure removes the jobs of its person.
  "files not stored": `select m.id from messages m where m.media is not null and m.media->'stored' is null and
      m.direction = 'inbound' and
      not exists (select from contact_identities i where i.contact_id = m.contact_id and i.external_id in (${ERASABLE})) and
      not exists (select from millrace.dead_letters d
        where d.kind = 'media' and d.payload->>'channel' = m.channel and d.payload->>'externalId' = m.external_id)`,
};

/** The result of {@link waitForQuiet}. */
export type Quiet = {
  /** Time until everything was finished, or the whole time, in ms. */
  ms: number;
  /** What was finished last. */
  last: string[];
  unfinished: Unfinished[];
};

/** Waits until everything is finished, at most {@link QUIET_MS}. `pending` counts work outside of Millrace. */
export async function waitForQuiet(
  { observer, redis, environment }: ChaosDeployment,
  pending: () => number,
): Promise<Quiet> {
  const queueUrl = redis ? `redis://127.0.0.1:${redis.port()}` : (environment["DATABASE_URL"] ?? "");
  const backend = openQueueBackend(queueUrl, "consumer", 2);
  const reader = createQueueReader(backend, queueCatalogue(integrations));
  const startedAt = performance.now();
  try {
    let last: string[] = [];
    let finishedAt: number | undefined;
    for (;;) {
      const polledAt = performance.now();
      const unfinished = [...(await unfinishedRows(observer)), ...(await unfinishedJobs(reader))];
      if (pending() > 0) unfinished.push({ what: "requests without a 2xx", ids: [String(pending())] });
      if (unfinished.length > 0)
        last = unfinished.map(({ what, ids }) => `${ids.length} ${what}: ${ids.slice(0, 3).join(", ")}`);
      finishedAt = unfinished.length === 0 ? (finishedAt ?? polledAt) : undefined;
      const ms = performance.now() - startedAt;
      const isComplete = finishedAt !== undefined && polledAt - finishedAt >= COMPLETE_MS;
      if (isComplete || ms > QUIET_MS) return { ms, last, unfinished };
      await wait(POLL_MS);
    }
  } finally {
    await reader.close();
    await backend.close();
  }
}

async function unfinishedRows(observer: ChaosDeployment["observer"]): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const [what, statement] of Object.entries(UNFINISHED)) {
    const rows = await observer.rows<{ id: string }>(statement);
    if (rows.length > 0) found.push({ what, ids: rows.map(({ id }) => id) });
  }
  return found;
}

async function unfinishedJobs(reader: QueueReader): Promise<Unfinished[]> {
  const states = [...(await reader.states())];
  return (["waiting", "inFlight"] as const).flatMap((state) => {
    const ids = states.filter(([, place]) => place === state).map(([id]) => id);
    return ids.length > 0 ? [{ what: `jobs ${state}`, ids }] : [];
  });
}
