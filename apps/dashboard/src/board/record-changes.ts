import { type Context, Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { AuditLog } from "@millrace/db";
import type { JobQueue } from "@millrace/queue";
import type { DashboardEnv } from "../http/hono-env.ts";

/** The queue or the job that a request changes. `jobId` is empty for a queue. */
type Subject = { queue: JobQueue; jobId: string };

/** Reads the state of a subject that the audit log shows before and after a change. */
type ReadState = (subject: Subject) => Promise<Record<string, unknown>>;

const paused: ReadState = async ({ queue }) => ({ paused: await queue.isPaused() });
const delayed: ReadState = async ({ queue }) => ({ delayed: await queue.getDelayedCount() });
const state: ReadState = async ({ queue, jobId }) => ({ state: await queue.getJobState(jobId) });

/** Bull Board's routes that change a queue, each with its action in the audit log. */
const CHANGES: readonly (readonly [route: string, action: string, readState: ReadState])[] = [
  ["/api/queues/pause", "queue.paused", paused],
  ["/api/queues/resume", "queue.resumed", paused],
  ["/api/queues/:queueName/pause", "queue.paused", paused],
  ["/api/queues/:queueName/resume", "queue.resumed", paused],
  ["/api/queues/:queueName/promote", "queue.promoted", delayed],
  ["/api/queues/:queueName/:jobId/promote", "job.promoted", state],
];

/**
 * Writes a row of audit_log for each change that Bull Board makes in a queue; a change of all queues writes one row per
 * queue. The database package records the changes of dead letters itself. The queue may be in another store than the
 * audit log, so the two cannot share a transaction: when the row cannot be written, the change is logged instead.
 */
export function recordBoardChanges(queues: readonly JobQueue[], auditLog: AuditLog, log: Logger): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  for (const [route, action, readState] of CHANGES) {
    app.put(route, async (c, next) => {
      const subjects = subjectsOf(c, queues);
      const before = await Promise.all(subjects.map(readState));
      await next();
      if (!c.res.ok) return;
      for (const [index, subject] of subjects.entries()) {
        const change = { actor: c.get("operator"), action, subject: nameOf(subject), before: before[index] };
        try {
          await auditLog.record({ ...change, after: await readState(subject) });
        } catch (error) {
          log.error({ err: error, ...change }, "audit.write_failed");
        }
      }
    });
  }
  return app;
}

/** The subject of the request; every queue when the route names none. */
function subjectsOf(c: Context<DashboardEnv>, queues: readonly JobQueue[]): Subject[] {
  const { queueName, jobId = "" } = c.req.param() as { queueName?: string; jobId?: string };
  return queues.filter(({ name }) => queueName === undefined || name === queueName).map((queue) => ({ queue, jobId }));
}

function nameOf({ queue, jobId }: Subject): string {
  return jobId === "" ? queue.name : `${queue.name}/${jobId}`;
}
