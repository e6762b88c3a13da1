import { html } from "hono/html";
import type { DeadLetterPreview, Replay } from "@millrace/db";
import { errorMessage, type Html, table } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";
import { REPLAY_FIELDS } from "./replay-form.ts";
import { replayTable } from "./replay-table.ts";

type ReplaysView = {
  user: PageUser;
  queues: readonly string[];
  /** The values of the form's fields. */
  fields: Readonly<Record<string, string>>;
  latest: readonly Replay[];
  preview?: DeadLetterPreview;
  error?: string;
};

const ERROR_KINDS = ["permanent", "retryable", "stalled", "unknown"];

/** The page with the form that selects dead letters, the preview of the selection, and the latest replays. */
export function replaysPage({ user, queues, fields, latest, preview, error }: ReplaysView): Html {
  const canChange = user.role === "operator";
  return layout({
    title: "Replays",
    user,
    body: html`<p class="dim">
        Select dead letters and preview the selection, then replay or discard it. A replay first runs one job, then ten,
        then the rest at the chosen rate. Live jobs run before replayed jobs. A replay stops when more than 20% of its
        last 100 jobs failed again.
      </p>
      ${errorMessage(error)} ${selectionForm(queues, fields)} ${preview ? previewOf(preview, fields, canChange) : ""}
      ${
        latest.length === 0
          ? html`<p>No replays yet</p>`
          : html`<h2>Latest replays</h2>
              ${replayTable(latest, canChange)}`
      }`,
  });
}

function selectionForm(queues: readonly string[], fields: ReplaysView["fields"]): Html {
  const field = (name: string, label: string, type = "text") =>
    html`<label>${label} <input name="${name}" type="${type}" value="${fields[name] ?? ""}" /></label>`;
  const choice = (name: string, label: string, values: readonly string[]) =>
    html`<label
      >${label}
      <select name="${name}">
        <option value="">all</option>
        ${values.map((value) => html`<option ${fields[name] === value ? "selected" : ""}>${value}</option>`)}
      </select></label
    >`;
  const rate = fields["rate"] ?? "10";
  return html`<form method="get" action="/replays">
    ${choice("queue", "Queue", queues)} ${choice("errorKind", "Error kind", ERROR_KINDS)}
    ${field("text", "Error contains")} ${field("tenant", "Tenant")}
    ${field("since", "Failed since (UTC)", "datetime-local")} ${field("until", "Failed before (UTC)", "datetime-local")}
    <label>Jobs per second <input name="rate" type="number" min="1" max="10000" value="${rate}" /></label>
    ${field("reason", "Reason")}
    <button name="preview" value="1">Preview</button>
  </form>`;
}

/** The number of dead letters in a preview, as text. */
export function countText({ count, isExact }: DeadLetterPreview): string {
  return isExact ? String(count) : `more than ${count}`;
}

function previewOf(preview: DeadLetterPreview, fields: ReplaysView["fields"], canChange: boolean): Html {
  const { count, isExact, countsByError } = preview;
  if (count === 0)
    return html`<p>${isFiltered(fields) ? "No dead letters match the selection" : "No open dead letters"}</p>`;
  const jobs = count === 1 ? "1 job" : `${countText(preview)} jobs`;
  const repeated = REPLAY_FIELDS.map(
    (name) => html`<input type="hidden" name="${name}" value="${fields[name] ?? ""}" />`,
  );
  return html`<h2>${isExact ? count : `More than ${count}`} ${count === 1 ? "dead letter" : "dead letters"}</h2>
    ${isExact ? "" : html`<p class="dim">The table counts the latest ${count}.</p>`}
    ${
      canChange
        ? html`<form method="post" action="/replays">
            ${repeated}<input type="hidden" name="count" value="${countText(preview)}" />
            <button name="do" value="replay">Replay ${jobs}</button>
            <button name="do" value="discard" class="bad">Discard ${jobs}</button>
          </form>`
        : ""
    }
    ${table(
      ["Jobs", "Queue", "Error kind", "Error"],
      countsByError.map((line) => [line.count, line.queue, line.errorKind, line.error]),
    )}`;
}

/** Whether the form has a condition. Rate and reason do not select dead letters. */
function isFiltered(fields: ReplaysView["fields"]): boolean {
  return REPLAY_FIELDS.some((name) => name !== "rate" && name !== "reason" && (fields[name] ?? "") !== "");
}
