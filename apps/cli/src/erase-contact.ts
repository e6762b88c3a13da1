import { inboundEventSchema } from "@millrace/core";
import type { Erasure, Erasures } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import type { OpenMediaStore } from "@millrace/media";
import { countJobs, eraseJobs, queueCatalogue, type QueueBackend } from "@millrace/queue";

/** What an erasure works with. */
export type ErasureParts = { erasures: Erasures; backend: QueueBackend; media: OpenMediaStore };

/** How many rows were emptied per table, and how many files and jobs removed. */
export type ErasureCounts = Record<string, number>;

/**
 * Erases a contact. Its jobs first: ending later, they would make the person known again. Then its rows, and what is
 * left of it.
 * @throws Error when there is no such contact, a file of it is in another media store, or a worker is still at work on
 * its jobs
 */
export async function eraseContact(
  parts: ErasureParts,
  contactId: string,
  by: { actor: string; reason: string },
): Promise<ErasureCounts> {
  const seen = await parts.erasures.look(contactId);
  if (seen) checkFiles(parts, seen.erasure);
  const removed = seen ? await eraseJobs(...jobsOf(parts, seen.erasure)) : 0;
  const erasure = await parts.erasures.begin(contactId, by);
  if (!erasure) throw new Error(`no contact ${contactId}`);
  return finish(parts, erasure, removed);
}

/** What would be erased; nothing is changed. Undefined when there is no such contact. */
export async function countTraces(parts: ErasureParts, contactId: string): Promise<ErasureCounts | undefined> {
  const seen = await parts.erasures.look(contactId);
  if (!seen) return undefined;
  const jobs = await countJobs(...jobsOf(parts, seen.erasure));
  return { ...seen.rows, files: seen.erasure.files.length, jobs };
}

/** Does what is left of an erasure, also of one that was broken off: files, what else tells of the person, jobs. */
export async function finish(parts: ErasureParts, erasure: Erasure, removedBefore = 0): Promise<ErasureCounts> {
  const { erasures, media } = parts;
  checkFiles(parts, erasure);
  for (const { key } of erasure.files) await media.remove(key);
  let removed = removedBefore;
  for (let more = 1; more > 0; removed += more) {
    // Before the jobs: a letter that replays could put a job back. And after them: what one wrote down last is found too.
    await erasures.rest(erasure);
    more = await eraseJobs(...jobsOf(parts, erasure));
  }
  return erasures.end(erasure, { files: erasure.files.length, jobs: removed });
}

/** A key that is in no store is no error of that store's: a file elsewhere would be taken for removed. */
function checkFiles({ media }: ErasureParts, { files }: Erasure): void {
  const others = files.flatMap(({ store }) => (store === undefined || store === media.kind ? [] : [store]));
  if (others.length === 0) return;
  const stores = [...new Set(others)].join(", ");
  throw new Error(`${others.length} files of the contact are in the media store ${stores}: set MEDIA_STORE to it`);
}

/** Where to look for jobs, and for which. */
function jobsOf({ backend }: ErasureParts, { isAbout }: Erasure): Parameters<typeof countJobs> {
  return [backend, queueCatalogue(integrations), (...job) => isAbout(tracedJob(...job))];
}

/** A job that no worker could read is looked through as a whole. */
function tracedJob(integration: string, data: unknown, isOver: boolean): Parameters<Erasure["isAbout"]>[0] {
  const event = inboundEventSchema.safeParse(data).data;
  if (!event) return { integration, account: undefined, ids: [], payload: data, isOver };
  const account = integrations.find(({ id }) => id === integration)?.accountOf?.(event);
  return { integration, account, ids: [event.id], payload: event.payload, isOver };
}
