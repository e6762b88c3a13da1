import { setTimeout as wait } from "node:timers/promises";
import { inboundEventSchema } from "@millrace/core";
import type { Erasure, Erasures } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import type { OpenMediaStore } from "@millrace/media";
import { eraseJobs, queueCatalogue, type QueueBackend } from "@millrace/queue";

/** What an erasure works with. */
export type ErasureParts = { erasures: Erasures; backend: QueueBackend; media: OpenMediaStore };

/** How many rows were emptied per table, and how many files and jobs removed. */
export type ErasureCounts = Record<string, number>;

/** How long jobs that are being worked on are waited for, and how often they are looked at, in ms. */
const LONGEST_WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/**
 * Erases a contact. Its waiting jobs first: worked on later, they would make the person known again. Then its rows, and
 * what is left of it.
 * @throws Error when there is no such contact, or a worker is still at work on its jobs
 */
export async function eraseContact(
  parts: ErasureParts,
  contactId: string,
  by: { actor: string; reason: string },
): Promise<ErasureCounts> {
  const seen = await parts.erasures.look(contactId);
  const { removed } = seen ? await eraseJobsOf(parts, seen.erasure) : { removed: 0 };
  const erasure = await parts.erasures.begin(contactId, by);
  if (!erasure) throw new Error(`no contact ${contactId}`);
  return finish(parts, erasure, removed);
}

/** What would be erased; nothing is changed. Undefined when there is no such contact. */
export async function countTraces(parts: ErasureParts, contactId: string): Promise<ErasureCounts | undefined> {
  const seen = await parts.erasures.look(contactId);
  if (!seen) return undefined;
  const { removed } = await eraseJobsOf(parts, seen.erasure, true);
  return { ...seen.rows, files: seen.erasure.files.length, jobs: removed };
}

/** Does what is left of an erasure, also of one that was broken off: files, what else tells of the person, jobs. */
export async function finish(parts: ErasureParts, erasure: Erasure, removedBefore = 0): Promise<ErasureCounts> {
  const { erasures, media } = parts;
  for (const key of erasure.files) await media.remove(key);
  let removed = removedBefore;
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const jobs = await eraseJobsOf(parts, erasure);
    removed += jobs.removed;
    if (jobs.active === 0) break;
    if (waited >= LONGEST_WAIT_MS)
      throw new Error(`${jobs.active} jobs about the contact are still worked on: do it again when they are over`);
    await wait(LOOK_AGAIN_MS);
  }
  // After the jobs: what one of them wrote down last is found too.
  await erasures.rest(erasure);
  return erasures.end(erasure, { files: erasure.files.length, jobs: removed });
}

function eraseJobsOf({ backend }: ErasureParts, { isAbout }: Erasure, dryRun = false) {
  const matches = (source: string, data: unknown) => isAbout(tracedJob(source, data));
  return eraseJobs(backend, queueCatalogue(integrations), matches, dryRun);
}

/** A job that no worker could read is looked through as a whole. */
function tracedJob(source: string, data: unknown): Parameters<Erasure["isAbout"]>[0] {
  const event = inboundEventSchema.safeParse(data).data;
  if (!event) return { source, account: undefined, ids: [], payload: data };
  const account = integrations.find(({ id }) => id === source)?.accountOf?.(event);
  return { source, account, ids: [event.id], payload: event.payload };
}
