import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** The result of Hono's `html`: markup in which every inserted string is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** An error message of a form; empty without a message. */
export function errorMessage(error: string | undefined): Html | "" {
  return error === undefined ? "" : html`<p class="bad" role="alert">${error}</p>`;
}

/** A table with one label per column. On a phone, each cell shows the label of its column. */
export function table(columns: readonly string[], rows: readonly (readonly (Html | string | number)[])[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${columns.map((label) => html`<th scope="col">${label}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell, index) => html`<td data-label="${columns[index]}">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A moment in UTC, to the second. */
export function time(at: Date): Html {
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}
