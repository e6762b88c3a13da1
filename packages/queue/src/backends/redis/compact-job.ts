import { isDeepStrictEqual } from "node:util";
import { Job, type JobProgress } from "bullmq";
import { EVENT_VERSION } from "@millrace/core";
import { queueDefinitionNamed } from "../../catalogue.ts";
import { jobOptions } from "../../producer/job-options.ts";

/** How BullMQ writes a job to its store and reads it. */
type JobJson = ReturnType<Job["asJSON"]>;

/**
 * A job of which Redis stores nothing twice. Its data has no integration, id and kind, which are in the names of the queue,
 * the key and the job. Its options have no id, and nothing that all jobs of the queue have. Every reader gets them back.
 * Redis keeps all waiting jobs in memory, so this saves about a third of it.
 *
 * A job that was stored in full, or that another program added, stays as it is.
 */
export class CompactJob<
  T = unknown,
  R = unknown,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends Job<T, R, N, P> {
  override asJSON(): JobJson {
    return shorten(this.queueName, super.asJSON());
  }

  static override fromJSON<T = unknown, R = unknown, N extends string = string>(
    queue: Parameters<typeof Job.fromJSON>[0],
    json: JobJson,
    jobId?: string,
  ): Job<T, R, N> {
    return super.fromJSON<T, R, N>(queue, jobId === undefined ? json : complete(queue.name, json, jobId), jobId);
  }
}

/** The begin of shortened data. */
const SHORT = `{"v":${EVENT_VERSION},`;

/** The fields that only data in full has at this place. */
const OMITTED_FIRST = `${SHORT}"integration":`;

/** Returns the begin of data in full, as ingest, the worker and replays write it. */
function omitted(integration: string, { id, name }: Pick<JobJson, "id" | "name">): string {
  return `${OMITTED_FIRST}${JSON.stringify(integration)},"id":${JSON.stringify(id)},"kind":${JSON.stringify(name)},`;
}

function shorten(queue: string, json: JobJson): JobJson {
  const definition = queueDefinitionNamed(queue);
  if (!definition) return json;
  const { jobId, attempts, backoff, ...opts } = json.opts;
  const begin = omitted(definition.integration, json);
  const hasDefaults = jobId === json.id && isDeepStrictEqual({ attempts, backoff }, jobOptions(definition));
  if (!hasDefaults || !json.data.startsWith(begin)) return json;
  return { ...json, opts, data: SHORT + json.data.slice(begin.length) };
}

/**
 * Adds what {@link shorten} removed. BullMQ always stores the number of attempts, so options without it are shortened, also
 * when the data has been updated since.
 */
function complete(queue: string, json: JobJson, jobId: string): JobJson {
  const definition = queueDefinitionNamed(queue);
  if (!definition || json.opts.attempts !== undefined) return json;
  const data = completeData(queue, { ...json, id: jobId });
  return { ...json, data, opts: { ...jobOptions(definition), jobId, ...json.opts } };
}

/** Returns the data of a stored job in full, as JSON text. Fields that it has itself follow later in the text, and win. */
export function completeData(queue: string, job: Pick<JobJson, "id" | "name" | "data">): string {
  const definition = queueDefinitionNamed(queue);
  if (!definition || !job.data.startsWith(SHORT) || job.data.startsWith(OMITTED_FIRST)) return job.data;
  return omitted(definition.integration, job) + job.data.slice(SHORT.length);
}
