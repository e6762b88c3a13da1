import { type Environment, port, readAll, readEnvironment } from "@millrace/core";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";

const variables = z.object({
  DATABASE_URL: z.string(),
  DASHBOARD_PORT: port(8081),
  // RFC 7617 section 2: a user name with a colon in it cannot be sent.
  DASHBOARD_USER: z
    .string()
    .regex(/^[^:]+$/, "must hold no colon")
    .default("operator"),
  DASHBOARD_PASSWORD: z.string(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** What the dashboard needs to know. */
export type DashboardConfig = {
  databaseUrl: string;
  queueUrl: string;
  port: number;
  logLevel: string;
  /** The one who may sign in. */
  operator: { user: string; password: string };
};

/** Reads the process's environment once. Throws EnvironmentError with a line per wrong variable. */
export function readDashboardConfig(environment: Environment = process.env): DashboardConfig {
  const { own, queueUrl } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
  });
  return {
    databaseUrl: own.DATABASE_URL,
    queueUrl,
    port: own.DASHBOARD_PORT,
    logLevel: own.LOG_LEVEL,
    operator: { user: own.DASHBOARD_USER, password: own.DASHBOARD_PASSWORD },
  };
}
