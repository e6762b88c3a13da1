import { isIP } from "node:net";
import { type Environment, flag, networks, port, readAll, readEnvironment, EnvironmentError } from "@millrace/core";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";
import type { Access } from "./sign-in/access.ts";

/** Shortest password of the built-in operator in production, in characters. */
const MIN_PASSWORD = 12;

const network = z.union([z.cidrv4(), z.cidrv6()]);

/** A comma-separated list of addresses and networks. */
const addressList = z.string().transform((text, context) => {
  const items = text.split(",").map((item) => item.trim());
  const cidrs = items.map((item) => (isIP(item) === 0 ? item : `${item}/${isIP(item) === 4 ? 32 : 128}`));
  if (cidrs.every((cidr) => network.safeParse(cidr).success)) return networks(cidrs);
  context.addIssue("must be addresses or networks such as 10.0.0.0/8");
  return z.NEVER;
});

const variables = z.object({
  DATABASE_URL: z.string(),
  DASHBOARD_PORT: port(8081),
  // HTTP Basic cannot send a username that contains a colon (RFC 7617 section 2).
  DASHBOARD_USER: z
    .string()
    .regex(/^[^:]+$/, "must not contain a colon")
    .default("operator"),
  DASHBOARD_TRUSTED_PROXIES: addressList.optional(),
  DASHBOARD_PROXY_USER_HEADER: z
    .string()
    .regex(/^[\w-]+$/, "must be the name of a header")
    .default("X-Forwarded-User"),
  DASHBOARD_PROXY_ROLE: z.enum(["viewer", "operator"], { error: "must be viewer or operator" }).default("viewer"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** The dashboard's configuration. */
export type DashboardConfig = {
  databaseUrl: string;
  queueUrl: string;
  port: number;
  logLevel: string;
  access: Access;
};

/**
 * Reads the environment of the process.
 * @throws EnvironmentError with a line per wrong variable
 */
export function readDashboardConfig(environment: Environment = process.env): DashboardConfig {
  const { own, password, secureCookies, queueUrl } = readAll({
    own: () => readEnvironment(variables, environment),
    password: () => readPassword(environment),
    secureCookies: () => readSecureCookies(environment),
    queueUrl: () => readQueueUrl(environment),
  });
  const { DASHBOARD_USER: user, DASHBOARD_TRUSTED_PROXIES: addresses } = own;
  return {
    databaseUrl: own.DATABASE_URL,
    queueUrl,
    port: own.DASHBOARD_PORT,
    logLevel: own.LOG_LEVEL,
    access: {
      builtIn: password === undefined ? undefined : { user, password },
      proxies: addresses && {
        addresses,
        userHeader: own.DASHBOARD_PROXY_USER_HEADER.toLowerCase(),
        role: own.DASHBOARD_PROXY_ROLE,
      },
      secureCookies,
    },
  };
}

const passwordVariables = z.object({
  DASHBOARD_PASSWORD: z.string().optional(),
  DASHBOARD_TRUSTED_PROXIES: z.string().optional(),
  NODE_ENV: z.string().optional(),
});

/** The password is required unless proxies sign people in: the built-in operator can always sign in. */
function readPassword(environment: Environment): string | undefined {
  const read = readEnvironment(passwordVariables, environment);
  const password = read.DASHBOARD_PASSWORD;
  if (password === undefined && read.DASHBOARD_TRUSTED_PROXIES === undefined)
    throw new EnvironmentError(["DASHBOARD_PASSWORD is missing"]);
  if (password !== undefined && password.length < MIN_PASSWORD && read.NODE_ENV === "production")
    throw new EnvironmentError([
      `DASHBOARD_PASSWORD: must have at least ${MIN_PASSWORD} characters when NODE_ENV is production`,
    ]);
  return password;
}

function readSecureCookies(environment: Environment): boolean {
  const { NODE_ENV } = readEnvironment(passwordVariables, environment);
  const cookies = z.object({ DASHBOARD_SECURE_COOKIES: flag(NODE_ENV === "production") });
  return readEnvironment(cookies, environment).DASHBOARD_SECURE_COOKIES;
}
