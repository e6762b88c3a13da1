import type { AlertWebhook, HttpRequest } from "@millrace/core";
import type { Alert, AlertState } from "@millrace/db";

/** A change of an alert that the webhook must receive. */
export type Notification = { alert: Alert; state: AlertState };

/** The notifications of these alerts that the webhook has not received yet, in the order of the changes. */
export function pendingNotifications(alerts: readonly Alert[]): Notification[] {
  return alerts.flatMap((alert) => [
    ...(alert.openingNotifiedAt ? [] : [{ alert, state: "opened" } as const]),
    ...(alert.closedAt && !alert.closingNotifiedAt ? [{ alert, state: "closed" } as const] : []),
  ]);
}

/** The request that delivers a notification to the webhook. */
export function requestFor(notification: Notification, { url, format, dashboardUrl }: AlertWebhook): HttpRequest {
  const body = format === "slack" ? slackBody(notification, dashboardUrl) : jsonBody(notification, dashboardUrl);
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slackBody({ alert, state }: Notification, dashboardUrl: string | undefined) {
  const prefix = state === "opened" ? ":rotating_light:" : ":white_check_mark: closed:";
  const link = dashboardUrl === undefined ? "" : ` <${escapeSlack(dashboardUrl)}|dashboard>`;
  return { text: `${prefix} *${alert.rule}* ${escapeSlack(alert.summary)}${link}` };
}

/** Escapes Slack's three control characters: https://docs.slack.dev/messaging/formatting-message-text */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function jsonBody({ alert, state }: Notification, url: string | undefined) {
  const { id, rule, subject, summary, openedAt } = alert;
  const closedAt = state === "closed" ? alert.closedAt : null;
  return { v: 1, id, rule, subject, summary, state, openedAt, closedAt, ...(url === undefined ? {} : { url }) };
}
