import { html } from "hono/html";
import type { ListedPause } from "@millrace/db";
import { redact } from "../redact.ts";
import { errorMessage, type Html, table, time } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

/** The durations that the form offers, in minutes. */
export const PAUSE_MINUTES = [30, 120, 480, 1_440] as const;

type PausesView = {
  user: PageUser;
  pauses: readonly ListedPause[];
  /** The values of the form's fields. */
  fields: { scope?: string; reason?: string };
  error: string | undefined;
};

/** The page with the paused scopes and, for operators, the form that pauses one. */
export function pausesPage({ user, pauses, fields, error }: PausesView): Html {
  const canChange = user.role === "operator";
  return layout({
    title: "Pauses",
    user,
    body: html`<p class="dim">
        The jobs of a paused scope wait without using attempts. A scope is an account, a chat, a file store or a
        provider, for example <code>whatsapp:1065</code>. Millrace pauses a scope that is rate limited, unavailable, or
        needs a person. It resumes the scope when a probe succeeds.
      </p>
      ${errorMessage(error)} ${canChange ? pauseForm(fields) : ""}
      ${pauses.length === 0 ? html`<p>No pauses</p>` : pauseTable(pauses, canChange)}`,
  });
}

const KIND_LABELS: Readonly<Record<ListedPause["kind"], string>> = {
  rate_limited: "rate limited",
  paused: "paused",
  unavailable: "unavailable",
};

function pauseTable(pauses: readonly ListedPause[], canChange: boolean): Html {
  return table(
    ["Scope", "Kind", "Reason", "Since", "Next probe", "Waiting jobs", ...(canChange ? ["Action"] : [])],
    pauses.map(({ scope, kind, reason, since, until, waitingJobs }) => [
      scope,
      html`<span class="name">${KIND_LABELS[kind]}</span>`,
      String(redact(reason)),
      time(since),
      until ? time(until) : "none, paused until resumed",
      waitingJobs,
      ...(canChange ? [resumeForm(scope)] : []),
    ]),
  );
}

function resumeForm(scope: string): Html {
  return html`<form method="post" action="/pauses/resume">
    <input type="hidden" name="scope" value="${scope}" />
    <button>Resume</button>
  </form>`;
}

function pauseForm({ scope = "", reason = "" }: PausesView["fields"]): Html {
  return html`<form method="post" action="/pauses">
    <label>Scope <input name="scope" value="${scope}" required maxlength="200" autocapitalize="none" /></label>
    <label>Reason <input name="reason" value="${reason}" required maxlength="500" /></label>
    <label
      >Duration
      <select name="minutes">
        <option value="">until resumed</option>
        ${PAUSE_MINUTES.map((minutes) => html`<option value="${minutes}">${durationText(minutes)}</option>`)}
      </select></label
    >
    <button>Pause scope</button>
  </form>`;
}

function durationText(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${minutes / 60} h`;
}
