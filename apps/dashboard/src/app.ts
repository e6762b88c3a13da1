import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { contextStorage, getContext } from "hono/context-storage";
import { timeout } from "hono/timeout";
import type { Logger, NewId, Now } from "@millrace/core";
import {
  createConversionReport,
  createDeadLetterList,
  createAuditLog,
  createOperators,
  createOperatorSessions,
  createReplays,
  type Database,
  isOutage,
  type Role,
} from "@millrace/db";
import type { JobQueue, QueueDefinition } from "@millrace/queue";
import { audit } from "./audit.ts";
import { boardRoutes } from "./board.ts";
import { deadLetterApi } from "./dead-letters/api.ts";
import { healthRoutes } from "./health.ts";
import { auditRoutes } from "./pages/audit.ts";
import { conversionsRoutes } from "./pages/conversions.ts";
import { replaysRoutes } from "./pages/replays.ts";
import { sourcesRoutes } from "./pages/accounts.ts";
import { problem } from "./problem.ts";
import { recordBoardChanges } from "./record-board-changes.ts";
import { securityHeaders } from "./security-headers.ts";
import { identify, type Identity } from "./sign-in/identify.ts";
import { onlyOperatorsChange } from "./sign-in/only-operators-change.ts";
import { createPasswordCheck } from "./sign-in/password-check.ts";
import { signInRoutes, signOutRoutes } from "./sign-in/routes.ts";
import { sameOrigin } from "./sign-in/same-origin.ts";
import { createSessions } from "./sign-in/sessions.ts";
import type { TrustedProxies } from "./sign-in/trusted-proxy.ts";

/** Who is let in, besides those in the table of operators. */
export type Access = {
  /** The operator of the environment. */
  builtIn: { user: string; password: string } | undefined;
  proxies: TrustedProxies | undefined;
  /** Whether browsers send the cookie by TLS alone. */
  secureCookies: boolean;
};

/** What the app is made of. */
export type DashboardParts = {
  queues: readonly JobQueue[];
  definitions: readonly QueueDefinition[];
  database: Database;
  access: Access;
  /** Rejects while the queue's store is away. */
  pingQueue(): Promise<void>;
  log: Logger;
  now: Now;
  newId: NewId;
  /** A token that nobody can guess. */
  newToken(): string;
};

/** Bindings of the app's handlers. `operator` is the name of who asks, a viewer's too. */
export type DashboardEnv = {
  Bindings: HttpBindings;
  Variables: { operator: string; role: Role; provenBy: Identity["provenBy"] };
};

/** How long a request waits for the stores, in ms: while Redis is away its client would wait for ever. */
const STORE_DEADLINE_MS = 10_000;

/** Builds the app; listens to nothing. */
export function createDashboardApp(parts: DashboardParts): Hono<DashboardEnv> {
  const { queues, database, access, log, now, newId, newToken } = parts;
  const { builtIn, proxies, secureCookies } = access;
  const operators = createOperators(database, newId);
  const actions = createAuditLog(database, newId);
  const checkPassword = createPasswordCheck({ builtIn, operators, log, now, newToken });
  const store = createOperatorSessions(database);
  const sessions = createSessions({ store, builtIn, secure: secureCookies, now, newToken });

  const app = new Hono<DashboardEnv>();
  app.use(timeout(STORE_DEADLINE_MS));
  app.use(...securityHeaders());
  app.route("/", healthRoutes({ "The queue": parts.pingQueue, Postgres: database.ping }));
  app.route("/", signInRoutes(checkPassword, proxies, sessions, log));
  app.use(identify({ proxies, operators, checkPassword, sessions }));
  app.use(audit(log));
  app.use(sameOrigin);
  app.route("/", signOutRoutes(sessions, log));
  app.use(onlyOperatorsChange);
  app.route("/", auditRoutes(actions));
  app.route("/", recordBoardChanges(queues, actions, log));
  // Bull Board tells its adapters nothing of the request.
  app.use(contextStorage());
  const letters = createDeadLetterList(database);
  const replays = createReplays(database, newId, now);
  app.route("/", deadLetterApi({ letters, replays }));
  app.route("/", replaysRoutes({ letters, replays, queues: parts.definitions.map(({ name }) => name) }));
  app.route("/", conversionsRoutes(createConversionReport(database, newId)));
  app.route(
    "/",
    sourcesRoutes({
      database,
      newId,
      providers: [...new Set(parts.definitions.map(({ integration }) => integration))],
    }),
  );
  app.route(
    "/",
    boardRoutes({
      queues,
      definitions: parts.definitions,
      letters,
      replays,
      actor: () => getContext<DashboardEnv>().get("operator"),
      log,
    }),
  );
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status === 504)
      return problem(c, 504, "The stores did not answer in time");
    log.error({ err: error }, "request.failed");
    return isOutage(error)
      ? problem(c, 503, "Postgres is away", { "Retry-After": "5" })
      : problem(c, 500, "Internal error");
  });
  return app;
}
