import { type Context, Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { AuditLog } from "@millrace/db";
import type { JobQueue } from "@millrace/queue";
import type { DashboardEnv } from "./app.ts";

/** What is looked at of a queue or a job, before and after. */
type Look = (subject: Subject) => Promise<Record<string, unknown>>;
type Subject = { queue: JobQueue; jobId: string };

const paused: Look = async ({ queue }) => ({ paused: await queue.isPaused() });
const delayed: Look = async ({ queue }) => ({ delayed: await queue.getDelayedCount() });
const state: Look = async ({ queue, jobId }) => ({ state: await queue.getJobState(jobId) });

/** The routes of Bull Board that change something, with the action that it is and what shows the change. */
const CHANGES: readonly (readonly [route: string, action: string, look: Look])[] = [
  ["/api/queues/pause", "queue.paused", paused],
  ["/api/queues/resume", "queue.resumed", paused],
  ["/api/queues/:queueName/pause", "queue.paused", paused],
  ["/api/queues/:queueName/resume", "queue.resumed", paused],
  ["/api/queues/:queueName/promote", "queue.promoted", delayed],
  ["/api/queues/:queueName/:jobId/promote", "job.promoted", state],
];

/**
 * Writes a row of audit_log for each change that Bull Board's routes make in the queues, one per queue where
 * they change all of them; what is done with dead letters is written down with it. The change is in the queue's store
 * and cannot be taken back, so a row that could not be written is in the log.
 */
export function recordBoardChanges(queues: readonly JobQueue[], actions: AuditLog, log: Logger): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  for (const [route, action, look] of CHANGES) {
    app.put(route, async (c, next) => {
      const subjects = subjectsOf(c, queues);
      const before = await Promise.all(subjects.map(look));
      await next();
      if (!c.res.ok) return;
      for (const [index, subject] of subjects.entries()) {
        const change = { actor: c.get("operator"), action, subject: nameOf(subject), before: before[index] };
        try {
          await actions.record({ ...change, after: await look(subject) });
        } catch (error) {
          log.error({ err: error, ...change }, "audit.write_failed");
        }
      }
    });
  }
  return app;
}

function subjectsOf(c: Context<DashboardEnv>, queues: readonly JobQueue[]): Subject[] {
  const { queueName, jobId = "" } = c.req.param() as { queueName?: string; jobId?: string };
  return queues.filter(({ name }) => queueName === undefined || name === queueName).map((queue) => ({ queue, jobId }));
}

function nameOf({ queue, jobId }: Subject): string {
  return jobId === "" ? queue.name : `${queue.name}/${jobId}`;
}
