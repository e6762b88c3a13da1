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

/** The version, with which shortened data starts. Data in full has the integration next. */
const SHORTENED = /^\{"v":(\d+),(?!"integration":)/;

/** Returns the fields that shortened data lacks, as ingest, the worker and replays write them behind the version. */
function omitted(integration: string, { id, name }: Pick<JobJson, "id" | "name">): string {
  return `"integration":${JSON.stringify(integration)},"id":${JSON.stringify(id)},"kind":${JSON.stringify(name)},`;
}

function shorten(queue: string, json: JobJson): JobJson {
  const definition = queueDefinitionNamed(queue);
  if (!definition) return json;
  const { jobId, attempts, backoff, ...opts } = json.opts;
  const version = `{"v":${EVENT_VERSION},`;
  const full = version + omitted(definition.integration, json);
  const hasDefaults = jobId === json.id && isDeepStrictEqual({ attempts, backoff }, jobOptions(definition));
  if (!hasDefaults || !json.data.startsWith(full)) return json;
  return { ...json, opts, data: version + json.data.slice(full.length) };
}

/**
 * Adds what {@link shorten} removed. BullMQ always stores the number of attempts, so options without it are shortened, also
 * when the data has been updated since. Then the data has the fields itself: they follow later in the text, and win. The
 * version can be one that this process does not know: a newer process has added the job.
 */
export function complete<Json extends Pick<JobJson, "name" | "data" | "opts">>(
  queue: string,
  json: Json,
  jobId: string,
): Json {
  const definition = queueDefinitionNamed(queue);
  if (!definition || json.opts.attempts !== undefined) return json;
  const lacking = omitted(definition.integration, { id: jobId, name: json.name });
  const data = json.data.replace(SHORTENED, (version) => version + lacking);
  return { ...json, data, opts: { ...jobOptions(definition), jobId, ...json.opts } };
}
