import { html } from "hono/html";
import type { DeadLetterSelection } from "@millrace/core";
import type { Replay, Role } from "@millrace/db";
import { type Html, layout } from "./layout.ts";

/** How many dead letters a replay would be for, and of what they died. */
export type Preview = {
  letters: number;
  tally: readonly { queue: string; errorKind: string; error: string; letters: number }[];
};

/** What the page shows. */
type ReplaysView = {
  operator: string;
  role: Role;
  queues: readonly string[];
  /** What the form was filled in with. */
  given: Readonly<Record<string, string>>;
  latest: readonly Replay[];
  preview?: Preview;
  complaint?: string;
};

const ERROR_KINDS = ["permanent", "retryable", "stalled", "unknown"];

/** The page of the replays: a form, what it would do, and how far those are that were begun. */
export function replaysPage({ operator, role, queues, given, latest, preview, complaint }: ReplaysView): Html {
  const mayChange = role === "operator";
  return layout({
    title: "Replays",
    operator,
    role,
    body: html`<p class="dim">
        A replay puts one dead letter back first, then ten, then the rest at its rate and behind live events. It stops
        by itself when more than a fifth of those that ended last died again.
      </p>
      ${complaint === undefined ? "" : html`<p class="bad" role="alert">${complaint}</p>`} ${form(queues, given)}
      ${preview ? tally(preview, given, mayChange) : ""} ${table(latest, mayChange)}`,
  });
}

function form(queues: readonly string[], given: ReplaysView["given"]): Html {
  const field = (name: string, label: string, type = "text") =>
    html`<label>${label} <input name="${name}" type="${type}" value="${given[name] ?? ""}" /></label>`;
  const choice = (name: string, label: string, values: readonly string[]) =>
    html`<label
      >${label}
      <select name="${name}">
        <option value="">any</option>
        ${values.map((value) => html`<option ${given[name] === value ? "selected" : ""}>${value}</option>`)}
      </select></label
    >`;
  const rate = given["rate"] ?? "10";
  return html`<form method="get" action="/replays">
    ${choice("queue", "Queue", queues)} ${choice("errorKind", "Kind of error", ERROR_KINDS)}
    ${field("text", "Part of the error")} ${field("tenant", "Tenant")}
    ${field("since", "Died since (UTC)", "datetime-local")} ${field("until", "Died before (UTC)", "datetime-local")}
    <label>At most a second <input name="rate" type="number" min="1" max="10000" value="${rate}" /></label>
    ${field("reason", "Why")}
    <button name="preview" value="1">Which are these?</button>
  </form>`;
}

/** What was asked for and looked at, to be done as it is; what the form above says by then counts no more. */
const ASKED = ["queue", "errorKind", "text", "tenant", "since", "until", "rate", "reason"];

function tally({ letters, tally: kinds }: Preview, given: ReplaysView["given"], mayChange: boolean): Html {
  const asked = ASKED.map((name) => html`<input type="hidden" name="${name}" value="${given[name] ?? ""}" />`);
  return html`<h2>${letters} ${letters === 1 ? "dead letter" : "dead letters"}</h2>
    ${
      mayChange && letters > 0
        ? html`<form method="post" action="/replays">
            ${asked}<input type="hidden" name="letters" value="${letters}" />
            <button name="do" value="replay">Replay ${letters}</button>
            <button name="do" value="discard" class="bad">Discard ${letters}</button>
          </form>`
        : ""
    }
    <table>
      <thead>
        <tr>
          <th scope="col">How many</th>
          <th scope="col">Queue</th>
          <th scope="col">Kind</th>
          <th scope="col">Error</th>
        </tr>
      </thead>
      <tbody>
        ${kinds.map(
          ({ queue, errorKind, error, letters: count }) =>
            html`<tr>
              <td data-label="How many">${count}</td>
              <td data-label="Queue">${queue}</td>
              <td data-label="Kind">${errorKind}</td>
              <td data-label="Error">${error}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

function table(latest: readonly Replay[], mayChange: boolean): Html {
  if (latest.length === 0) return html`<p>Nothing was replayed yet.</p>`;
  return html`<h2>Latest</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Begun</th>
          <th scope="col">By</th>
          <th scope="col">Which</th>
          <th scope="col">State</th>
          <th scope="col">Progress</th>
          <th scope="col"></th>
        </tr>
      </thead>
      <tbody>
        ${latest.map((replay) => row(replay, mayChange))}
      </tbody>
    </table>`;
}

function row({ id, createdAt, actor, reason, selection, state, detail, total, progress }: Replay, mayChange: boolean) {
  const { waiting, replaying, resolved, dead, left } = progress;
  const ended = resolved + dead + left;
  const told = [
    `${resolved} resolved`,
    `${dead} died again`,
    ...(replaying > 0 ? [`${replaying} under way`] : []),
    ...(waiting > 0 ? [`${waiting} to go`] : []),
    ...(left > 0 ? [`${left} left`] : []),
  ].join(", ");
  return html`<tr>
    <td data-label="Begun"><time>${createdAt.toISOString().slice(0, 19).replace("T", " ")}</time></td>
    <td data-label="By">${actor}${reason ? html`<br /><span class="dim">${reason}</span>` : ""}</td>
    <td data-label="Which">${inWords(selection)}</td>
    <td data-label="State" class="${state === "stopped" ? "bad" : ""}">${state}${detail ? `: ${detail}` : ""}</td>
    <td data-label="Progress">
      <progress max="${total}" value="${ended}" aria-label="Progress"></progress> ${ended} of ${total}<br />
      <span class="dim">${told}</span>
    </td>
    <td>
      ${
        state === "running" && mayChange
          ? html`<form method="post" action="/replays/${id}/cancel"><button>Cancel</button></form>`
          : ""
      }
    </td>
  </tr>`;
}

/** A selection as people say it, e.g. `queue meta-inbound, text lead source`. */
function inWords(selection: unknown): string {
  const { ids, ...named } = selection as DeadLetterSelection;
  const parts = Object.entries(named).map(([name, value]) => `${name} ${value}`);
  if (ids) parts.unshift(ids.length === 1 ? (ids[0] ?? "") : `${ids.length} by their ids`);
  return parts.join(", ") || "all";
}
