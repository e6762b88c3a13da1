import { randomBytes } from "node:crypto";
import { serve, type ServerType } from "@hono/node-server";
import { uuidv7 } from "@millrace/core";
import { createOperators, type Database, hashPassword, openDatabase, type Role } from "@millrace/db";
import { type JobQueue, openQueueBackend, type QueueBackend, queueDefinition } from "@millrace/queue";
import { recordingLogger, until, WORKER_SETTINGS } from "@millrace/testing";
import { createDashboardApp } from "../src/app.ts";
import type { Access } from "../src/sign-in/access.ts";

/** The built-in operator. The password contains a colon, which HTTP Basic allows. */
export const OPERATOR = { user: "grace", password: "correct horse: battery" };

/** A viewer for tests that add one with {@link setOperator}. */
export const VIEWER = { user: "vera", password: "only wants to look" };

/** The only queue. */
export const QUEUE = "test-inbound";

/** The id of an integration that has no accounts. */
export const WITHOUT_ACCOUNTS = "test-assistant";

/** The header with which a script signs in. */
export function basic({ user, password }: typeof OPERATOR): { Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** The header that a browser adds to a request of the dashboard's own page. */
export const OWN_PAGE = { "Sec-Fetch-Site": "same-origin" };

/** A listening dashboard with one real queue. */
export type DashboardServer = {
  base: string;
  /** All routes of the app. Those with the method `ALL` are middleware. */
  routes: readonly { method: string; path: string }[];
  queue: JobQueue;
  database: Database;
  logged: ReturnType<typeof recordingLogger>;
  /** Advances the dashboard's clock. */
  advance(ms: number): void;
  /** Sends a request as the built-in operator, unless other headers are given. */
  request(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Response>;
  /** Sends the sign-in form as a browser does. */
  signIn(form: { user: string; password: string; next?: string }, headers?: Record<string, string>): Promise<Response>;
  /** Processes the queue until the job completes or fails, and returns which. */
  work(jobId: string, process: () => Promise<unknown>): Promise<"completed" | "failed">;
  /** Obliterates the queue and stops the server. */
  close(): Promise<void>;
};

/** Starts the dashboard on a free port. The database must be migrated. */
export async function openDashboard(
  queueUrl: string,
  databaseUrl: string,
  access: Partial<Access> = {},
): Promise<DashboardServer> {
  const database = openDatabase(databaseUrl, { maxConnections: 4, name: "test" });
  const backend = openQueueBackend(queueUrl, "consumer", 2);
  const queue = backend.queue(QUEUE);
  const logged = recordingLogger();
  let at = Date.parse("2026-03-01T12:00:00Z");
  const app = createDashboardApp({
    queue: { queues: [queue], definitions: [queueDefinition("test", "inbound")], checkWritable: backend.checkWritable },
    integrations: [
      { id: "test", local: { accounts: ["*"] } },
      { id: WITHOUT_ACCOUNTS, local: { accounts: [] } },
    ],
    database,
    access: { builtIn: OPERATOR, proxies: undefined, secureCookies: false, ...access },
    runtime: {
      now: () => new Date(at),
      newId: uuidv7,
      newToken: () => randomBytes(32).toString("base64url"),
    },
    log: logged.log,
  });
  const { server, base } = await new Promise<{ server: ServerType; base: string }>((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve({ server, base: `http://127.0.0.1:${port}` }),
    );
  });
  return {
    base,
    routes: app.routes,
    queue,
    database,
    logged,
    advance: (ms) => {
      at += ms;
    },
    request: (method, path, headers = basic(OPERATOR), body?: unknown) =>
      fetch(`${base}${path}`, {
        method,
        redirect: "manual",
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    signIn: (form, headers = OWN_PAGE) =>
      fetch(`${base}/sign-in`, { method: "POST", headers, body: new URLSearchParams(form), redirect: "manual" }),
    work: (jobId, process) => work(backend, queue, jobId, process),
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await queue.obliterate({ force: true });
      await queue.close();
      await backend.close();
      await database.close();
    },
  };
}

/** The header with which a browser returns the cookies of a response. */
export function cookieOf(response: Response): { Cookie: string } {
  return {
    Cookie: response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; "),
  };
}

/** Adds an operator to the table, or changes it, as `millrace operators add` does. */
export async function setOperator(
  { database }: Pick<DashboardServer, "database">,
  { user, password, role }: typeof OPERATOR & { role: Role },
): Promise<void> {
  const passwordHash = await hashPassword(password);
  await createOperators(database, uuidv7).set({ name: user, role, passwordHash }, { actor: "test" });
}

async function work(backend: QueueBackend, queue: JobQueue, jobId: string, process: () => Promise<unknown>) {
  const worker = backend.worker(QUEUE, process, {
    autorun: true,
    concurrency: 1,
    ...WORKER_SETTINGS,
  });
  const state = await until(`${jobId} has completed or failed`, async () => {
    const current = await queue.getJobState(jobId);
    return current === "completed" || current === "failed" ? current : undefined;
  });
  await worker.close();
  return state;
}
