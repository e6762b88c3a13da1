import type { AlertWebhook, HttpRequest } from "@millrace/core";
import type { Alert, AlertState } from "@millrace/db";

/** One piece of news: an alert was opened, or closed. */
export type News = { alert: Alert; state: AlertState };

/** What of alerts the webhook has not taken, in the order in which it happened. */
export function newsOf(alerts: readonly Alert[]): News[] {
  return alerts.flatMap((alert) => [
    ...(alert.openingNotifiedAt ? [] : [{ alert, state: "opened" } as const]),
    ...(alert.closedAt && !alert.closingNotifiedAt ? [{ alert, state: "closed" } as const] : []),
  ]);
}

/** The request that tells a piece of news. */
export function requestFor(news: News, { url, format, dashboardUrl }: AlertWebhook): HttpRequest {
  const body = format === "slack" ? slackBody(news, dashboardUrl) : jsonBody(news, dashboardUrl);
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slackBody({ alert, state }: News, dashboardUrl: string | undefined) {
  const sign = state === "opened" ? ":rotating_light:" : ":white_check_mark: over:";
  const link = dashboardUrl === undefined ? "" : ` <${escaped(dashboardUrl)}|dashboard>`;
  return { text: `${sign} *${alert.rule}* ${escaped(alert.summary)}${link}` };
}

/** The three characters that mean something in Slack's text: https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function jsonBody({ alert, state }: News, url: string | undefined) {
  const { id, rule, subject, summary, openedAt } = alert;
  const closedAt = state === "closed" ? alert.closedAt : null;
  return { v: 1, id, rule, subject, summary, state, openedAt, closedAt, ...(url === undefined ? {} : { url }) };
}
