import { z } from "zod";
import { type Environment, readEnvironment } from "./environment.ts";

const number = (fallback: number) =>
  z.coerce.number({ error: "must be a number" }).int().min(1).max(100_000).default(fallback);

const variables = z.object({
  ALERT_WEBHOOK_URL: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  ALERT_WEBHOOK_FORMAT: z.enum(["slack", "json"], { error: "must be slack or json" }).default("slack"),
  ALERT_DEAD_LETTERS: number(50),
  ALERT_DEAD_LETTERS_MINUTES: number(10),
  ALERT_WAITING_MINUTES: number(5),
  ALERT_UNFINISHED_MINUTES: number(10),
  DASHBOARD_URL: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
});

/** The numbers at which alert rules fire. */
export type AlertThresholds = {
  deadLetters: number;
  deadLettersMinutes: number;
  waitingMinutes: number;
  unfinishedMinutes: number;
};

/** Where notifications of alerts are sent. */
export type AlertWebhook = { url: string; format: "slack" | "json"; dashboardUrl: string | undefined };

/** When alerts fire and where they are sent. */
export type AlertConfig = { thresholds: AlertThresholds; webhook: AlertWebhook | undefined };

/** Reads the configuration of alerts; without a webhook they are only logged. Throws EnvironmentError. */
export function readAlertConfig(environment: Environment): AlertConfig {
  const read = readEnvironment(variables, environment);
  return {
    thresholds: {
      deadLetters: read.ALERT_DEAD_LETTERS,
      deadLettersMinutes: read.ALERT_DEAD_LETTERS_MINUTES,
      waitingMinutes: read.ALERT_WAITING_MINUTES,
      unfinishedMinutes: read.ALERT_UNFINISHED_MINUTES,
    },
    webhook:
      read.ALERT_WEBHOOK_URL === undefined
        ? undefined
        : { url: read.ALERT_WEBHOOK_URL, format: read.ALERT_WEBHOOK_FORMAT, dashboardUrl: read.DASHBOARD_URL },
  };
}
