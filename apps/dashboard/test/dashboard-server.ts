import { randomBytes } from "node:crypto";
import { serve, type ServerType } from "@hono/node-server";
import { uuidv7 } from "@millrace/core";
import { createOperators, type Database, hashPassword, migrateDatabase, openDatabase, type Role } from "@millrace/db";
import { type JobQueue, openQueueBackend, type QueueBackend, queueDefinition } from "@millrace/queue";
import { recordingLogger, until } from "@millrace/testing";
import { type Access, createDashboardApp } from "../src/app.ts";

/** Who may sign in; the password has a colon in it, as it may. */
export const OPERATOR = { user: "grace", password: "correct horse: battery" };

/** The only queue. */
export const QUEUE = "probe-inbound";

/** The header with which a script signs in. */
export function basic({ user, password }: typeof OPERATOR): { Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** What a browser says of a request that our own page makes. */
export const OWN_PAGE = { "Sec-Fetch-Site": "same-origin" };

/** The dashboard, listening, over one real queue. */
export type DashboardServer = {
  base: string;
  /** All that it answers; `ALL` are its guards. */
  routes: readonly { method: string; path: string }[];
  queue: JobQueue;
  database: Database;
  logged: ReturnType<typeof recordingLogger>;
  /** Moves the dashboard's clock on. */
  pass(ms: number): void;
  /** Asks as the operator, unless other headers are given. */
  ask(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Response>;
  /** Sends the sign-in's form as a browser does. */
  signIn(form: { user: string; password: string; next?: string }, headers?: Record<string, string>): Promise<Response>;
  /** Works on the queue until the job has ended, and tells how. */
  work(jobId: string, process: () => Promise<unknown>): Promise<"completed" | "failed">;
  /** Empties the queue and ends the server. */
  close(): Promise<void>;
};

/** Starts the dashboard on a port of its own, over a database that it brings up to date. */
export async function openDashboard(
  queueUrl: string,
  databaseUrl: string,
  access: Partial<Access> = {},
): Promise<DashboardServer> {
  const database = openDatabase(databaseUrl, { maxConnections: 4, name: "test" });
  await migrateDatabase(database);
  const backend = openQueueBackend(queueUrl, "consumer", 2);
  await backend.migrate();
  const queue = backend.queue(QUEUE);
  const logged = recordingLogger();
  let at = Date.parse("2026-03-01T12:00:00Z");
  const app = createDashboardApp({
    queues: [queue],
    definitions: [queueDefinition("probe", "inbound")],
    database,
    access: { builtIn: OPERATOR, proxies: undefined, secureCookies: false, ...access },
    pingQueue: backend.ping,
    log: logged.log,
    now: () => new Date(at),
    newId: uuidv7,
    newToken: () => randomBytes(32).toString("base64url"),
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
    pass: (ms) => {
      at += ms;
    },
    ask: (method, path, headers = basic(OPERATOR), body?: unknown) =>
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

/** The header with which the browser sends back what the answer has set. */
export function cookieOf(response: Response): { Cookie: string } {
  return {
    Cookie: response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; "),
  };
}

/** Puts somebody into the table of operators, as `millrace operators add` does. */
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
    lockDuration: 30_000,
    stalledInterval: 30_000,
    maxStalledCount: 1,
    removeOnComplete: { age: 3_600, count: 100 },
    settings: { backoffStrategy: () => 0 },
  });
  const end = await until(`${jobId} has ended`, async () => {
    const state = await queue.getJobState(jobId);
    return state === "completed" || state === "failed" ? state : undefined;
  });
  await worker.close();
  return end;
}
