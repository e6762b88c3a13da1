import { inboundEventSchema } from "@millrace/core";
import type { Erasure, Erasures } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import type { OpenMediaStore } from "@millrace/media";
import { countJobs, eraseJobs, queueCatalogue, type QueueBackend } from "@millrace/queue";

/** The three places that an erasure works on: Postgres, the queue and the media store. */
export type ErasureDeps = { erasures: Erasures; backend: QueueBackend; media: OpenMediaStore };

/** The number of rows emptied per table, and of files and jobs removed. */
export type ErasureCounts = Record<string, number>;

/**
 * Erases a contact: its jobs, its rows, its files, and every other row that mentions it.
 * @throws Error if the contact does not exist, if one of its files is in another media store, or if a worker is running
 * one of its jobs
 */
export async function eraseContact(
  deps: ErasureDeps,
  contactId: string,
  by: { actor: string; reason: string },
): Promise<ErasureCounts> {
  const found = await deps.erasures.preview(contactId, false);
  if (found) checkMediaStore(deps, found.erasure);
  const erasure = await deps.erasures.begin(contactId, by);
  if (!erasure) throw new Error(`no contact has the id ${contactId}`);
  return completeErasure(deps, erasure);
}

/**
 * Counts what would be erased, and changes nothing. Undefined if the contact does not exist.
 * @param exact also searches all other rows and all jobs for the person, which takes longer with each of them
 */
export async function previewErasure(
  deps: ErasureDeps,
  contactId: string,
  exact: boolean,
): Promise<ErasureCounts | undefined> {
  const found = await deps.erasures.preview(contactId, exact);
  if (!found) return undefined;
  const counts = { ...found.rows, files: found.erasure.files.length };
  return exact ? { ...counts, jobs: await countJobs(...jobsAbout(deps, found.erasure)) } : counts;
}

/**
 * Completes an erasure that has begun, also one that was interrupted. The jobs are removed first, because a job that a worker
 * runs after the rows were erased would create the contact again. Then follow the contact's rows, the files, and the other
 * rows that mention the person.
 */
export async function completeErasure(deps: ErasureDeps, erasure: Erasure): Promise<ErasureCounts> {
  try {
    return await continueErasure(deps, erasure);
  } catch (error) {
    const begun = `the erasure of ${erasure.contactId} has begun, and the next millrace contacts erase continues it`;
    throw new Error(`${error instanceof Error ? error.message : String(error)}; ${begun}`, { cause: error });
  }
}

async function continueErasure(deps: ErasureDeps, begun: Erasure): Promise<ErasureCounts> {
  const { erasures, media } = deps;
  checkMediaStore(deps, begun);
  const removedJobs = await eraseJobs(...jobsAbout(deps, begun));
  const erasure = await erasures.eraseContact(begun);
  checkMediaStore(deps, erasure);
  for (const { key } of erasure.files) await media.remove(key);
  let removed = removedJobs;
  for (let more = 1; more > 0; removed += more) {
    // The rows come first, because a replay of a dead letter would enqueue a job again. They come again after jobs were
    // removed, because one of these jobs may have written a row before.
    await erasures.eraseOtherRows(erasure);
    more = await eraseJobs(...jobsAbout(deps, erasure));
  }
  return erasures.end(erasure, { files: erasure.files.length, jobs: removed });
}

/** A media store removes unknown keys without an error, so a file in another store would count as removed. */
function checkMediaStore({ media }: ErasureDeps, { files }: Erasure): void {
  const others = files.flatMap(({ store }) => (store === undefined || store === media.kind ? [] : [store]));
  if (others.length === 0) return;
  const stores = [...new Set(others)].join(", ");
  throw new Error(`${others.length} files of the contact are in the media store ${stores}: set MEDIA_STORE to it`);
}

/** Returns the arguments of countJobs and eraseJobs: where to search, and which jobs match. */
function jobsAbout({ backend }: ErasureDeps, { isAbout }: Erasure): Parameters<typeof countJobs> {
  return [backend, queueCatalogue(integrations), (...job) => isAbout(matchableJob(...job))];
}

/** The payload of a job with an unexpected shape is searched as a whole. */
function matchableJob(integration: string, data: unknown, isCompleted: boolean): Parameters<Erasure["isAbout"]>[0] {
  const event = inboundEventSchema.safeParse(data).data;
  if (!event) return { integration, account: undefined, ids: [], payload: data, isCompleted };
  const account = integrations.find(({ id }) => id === integration)?.accountOf(event);
  return { integration, account, ids: [event.id], payload: event.payload, isCompleted };
}
