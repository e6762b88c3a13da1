import { Hono } from "hono";
import { contextStorage, getContext } from "hono/context-storage";
import { HTTPException } from "hono/http-exception";
import { timeout } from "hono/timeout";
import type { Integration, LocalSetup, Logger, NewId, Now } from "@millrace/core";
import {
  createAuditLog,
  createConversionReport,
  createDeadLetterList,
  createOperators,
  createOperatorSessions,
  createPauseOperations,
  createReplays,
  type Database,
  isOutage,
} from "@millrace/db";
import type { JobQueue, QueueDefinition } from "@millrace/queue";
import { recordBoardChanges } from "./board/record-changes.ts";
import { boardRoutes } from "./board/routes.ts";
import { deadLetterApi } from "./dead-letters/api/routes.ts";
import { healthRoutes } from "./http/health.ts";
import type { DashboardEnv } from "./http/hono-env.ts";
import { logChanges } from "./http/log-changes.ts";
import { problem } from "./http/problem.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { accountsRoutes } from "./pages/accounts.ts";
import { auditRoutes } from "./pages/audit.ts";
import { conversionsRoutes } from "./pages/conversions.ts";
import { pausesRoutes } from "./pages/pauses.ts";
import { replaysRoutes } from "./pages/replays.ts";
import type { Access } from "./sign-in/access.ts";
import { authenticate } from "./sign-in/authenticate.ts";
import { createPasswordCheck } from "./sign-in/password-check.ts";
import { requireOperatorRole } from "./sign-in/require-operator-role.ts";
import { signInRoutes, signOutRoutes } from "./sign-in/routes.ts";
import { sameOrigin } from "./sign-in/same-origin.ts";
import { createSessions } from "./sign-in/sessions.ts";

/** Dependencies of {@link createDashboardApp}. */
export type DashboardDeps = {
  queue: {
    queues: readonly JobQueue[];
    definitions: readonly QueueDefinition[];
    /** Rejects while the queue's store is not available. */
    checkWritable(): Promise<void>;
  };
  /** The page of accounts offers those with accounts of ours. */
  integrations: readonly (Pick<Integration, "id"> & { local: Pick<LocalSetup, "accounts"> })[];
  database: Database;
  access: Access;
  runtime: {
    now: Now;
    newId: NewId;
    /** Returns a random token that cannot be guessed. */
    newToken(): string;
  };
  log: Logger;
};

/** How long a request waits for the stores, in ms. Without it, a request would hang while Redis is not available. */
const STORE_DEADLINE_MS = 10_000;

/** Creates the app. It does not listen. */
export function createDashboardApp(deps: DashboardDeps): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  app.use(timeout(STORE_DEADLINE_MS));
  app.use(...securityHeaders());
  app.route("/", healthRoutes({ "The queue": deps.queue.checkWritable, Postgres: deps.database.ping }));
  addSignIn(app, deps);
  addPages(app, deps);
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status === 504)
      return problem(c, 504, "The queue or Postgres did not respond in time");
    deps.log.error({ err: error }, "request.failed");
    return isOutage(error)
      ? problem(c, 503, "Postgres is not available", { "Retry-After": "5" })
      : problem(c, 500, "Internal error");
  });
  return app;
}

/** Adds sign-in and sign-out. Every route that is added later needs a sign-in, and the operator's role for a change. */
function addSignIn(app: Hono<DashboardEnv>, { database, access, runtime, log }: DashboardDeps): void {
  const { now, newId, newToken } = runtime;
  const { builtIn, proxies, secureCookies } = access;
  const operators = createOperators(database, newId);
  const checkPassword = createPasswordCheck({ builtIn, operators, log, now, newToken });
  const store = createOperatorSessions(database);
  const sessions = createSessions({ store, builtIn, secure: secureCookies, now, newToken });
  app.route("/", signInRoutes(checkPassword, proxies, sessions, log));
  app.use(authenticate({ proxies, operators, checkPassword, sessions }));
  app.use(logChanges(log));
  app.use(sameOrigin);
  app.route("/", signOutRoutes(sessions, log));
  app.use(requireOperatorRole);
}

/** Adds the pages, the API of dead letters and Bull Board. */
function addPages(app: Hono<DashboardEnv>, { queue, integrations, database, runtime, log }: DashboardDeps): void {
  const { queues, definitions } = queue;
  const { newId, now } = runtime;
  const auditLog = createAuditLog(database, newId);
  const deadLetters = createDeadLetterList(database);
  const replays = createReplays(database, newId, now);
  const providers = integrations.filter(({ local }) => local.accounts.length > 0).map(({ id }) => id);
  app.route("/", auditRoutes(auditLog));
  app.route("/", recordBoardChanges(queues, auditLog, log));
  // Bull Board does not pass the request to its adapters. They read the operator from the context storage.
  app.use(contextStorage());
  const actor = () => getContext<DashboardEnv>().get("operator");
  app.route("/", deadLetterApi({ deadLetters, replays }));
  app.route("/", replaysRoutes({ deadLetters, replays, queues: definitions.map(({ name }) => name) }));
  app.route("/", pausesRoutes(createPauseOperations(database, newId)));
  app.route("/", conversionsRoutes(createConversionReport(database, newId)));
  app.route("/", accountsRoutes({ database, newId, providers }));
  app.route("/", boardRoutes({ queues, deadLetters, actions: { replays, definitions, actor }, log }));
}
