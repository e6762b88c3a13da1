import { baseUrl, type Environment, flag, readEnvironment } from "@millrace/core";
import { z } from "zod";

/** The event sources of Google. https://developers.google.com/data-manager/api/reference/rest/v1/EventSource */
export const EVENT_SOURCES = ["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"] as const;

/** The placeholder of an account or action that is not configured yet. The upload replaces it with the configured one. */
export const UNSET = "default";

const digits = (what: string) =>
  z
    .string()
    .transform((text) => text.replaceAll("-", ""))
    .pipe(z.string().regex(/^\d{1,20}$/, `must be the id of ${what}, as Google Ads shows it`));

const account = digits("an account");
const action = digits("a conversion action");

const toggle = z.object({ GOOGLE_ADS_OFFLINE_ENABLED: flag(false) });

const settings = z.object({
  GOOGLE_EVENT_SOURCE: z.enum(EVENT_SOURCES, { error: `must be one of ${EVENT_SOURCES.join(", ")}` }).default("WEB"),
  GOOGLE_CONSENT_MISSING: z
    .enum(["unspecified", "held"], { error: "must be unspecified or held" })
    .default("unspecified"),
});

const target = z.object({ GOOGLE_ADS_CUSTOMER_ID: account, GOOGLE_ADS_CONVERSION_ACTION_ID: action });

/** Whether conversions are uploaded. Throws EnvironmentError. */
function isSwitchedOn(environment: Environment): boolean {
  return readEnvironment(toggle, environment).GOOGLE_ADS_OFFLINE_ENABLED;
}

/** The configuration of the routes: the account and the defaults of a sale. It holds no credentials. */
export type RouteConfig = {
  /** Whether conversions are uploaded; otherwise they are held. */
  enabled: boolean;
  accountId: string;
  actionId: string;
  eventSource: (typeof EVENT_SOURCES)[number];
  /** Whether a conversion without consent is held. */
  holdsWithoutConsent: boolean;
};

/** Reads {@link RouteConfig}. Account and action are optional while uploads are switched off. Throws EnvironmentError. */
export function readRouteConfig(environment: Environment): RouteConfig {
  const enabled = isSwitchedOn(environment);
  const { GOOGLE_EVENT_SOURCE, GOOGLE_CONSENT_MISSING } = readEnvironment(settings, environment);
  const { GOOGLE_ADS_CUSTOMER_ID = UNSET, GOOGLE_ADS_CONVERSION_ACTION_ID = UNSET } = enabled
    ? readEnvironment(target, environment)
    : readEnvironment(target.partial(), environment);
  return {
    enabled,
    accountId: GOOGLE_ADS_CUSTOMER_ID,
    actionId: GOOGLE_ADS_CONVERSION_ACTION_ID,
    eventSource: GOOGLE_EVENT_SOURCE,
    holdsWithoutConsent: GOOGLE_CONSENT_MISSING === "held",
  };
}

const uploadVariables = target.extend({
  GOOGLE_ADS_LOGIN_CUSTOMER_ID: account.optional(),
  GOOGLE_DATAMANAGER_BASE_URL: baseUrl("https://datamanager.googleapis.com/v1"),
  GOOGLE_ACCESS_TOKEN: z.string().optional(),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
  GOOGLE_STATUS_AFTER_MS: z.coerce.number({ error: "must be a number" }).int().min(100).default(1_800_000),
});

/** The configuration of the uploads. */
export type UploadsConfig = {
  /** The account that owns the conversion action. */
  accountId: string;
  actionId: string;
  /** The manager account that gives access to the account. */
  loginAccountId: string | undefined;
  baseUrl: string;
  /** A fixed token, for the sandbox. Without it google-auth-library finds the credentials. */
  accessToken: string | undefined;
  /** The requests use the quota of this Cloud project. */
  project: string | undefined;
  /** The delay before the first status check of a request, in ms. */
  statusCheckAfterMs: number;
};

/** Reads {@link UploadsConfig}; undefined when uploads are switched off. Throws EnvironmentError. */
export function readUploadsConfig(environment: Environment): UploadsConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const variables = readEnvironment(uploadVariables, environment);
  return {
    accountId: variables.GOOGLE_ADS_CUSTOMER_ID,
    actionId: variables.GOOGLE_ADS_CONVERSION_ACTION_ID,
    loginAccountId: variables.GOOGLE_ADS_LOGIN_CUSTOMER_ID,
    baseUrl: variables.GOOGLE_DATAMANAGER_BASE_URL,
    accessToken: variables.GOOGLE_ACCESS_TOKEN,
    project: variables.GOOGLE_CLOUD_PROJECT,
    statusCheckAfterMs: variables.GOOGLE_STATUS_AFTER_MS,
  };
}
