import { html } from "hono/html";
import type { HeldReason } from "@millrace/core";
import type { BatchLine, ConversionLine, HeldLine, RefusalLine, Role } from "@millrace/db";
import { type Html, layout } from "./layout.ts";

/** What the page shows, and to whom. */
type Shown = {
  operator: string;
  role: Role;
  held: readonly HeldLine[];
  days: readonly ConversionLine[];
  refusals: readonly RefusalLine[];
  batches: readonly BatchLine[];
  complaint: string | undefined;
};

/** The page of conversions. */
export function conversionsPage({ operator, role, held, days, refusals, batches, complaint }: Shown): Html {
  return layout({
    title: "Conversions",
    operator,
    role,
    body: html`<p class="dim">
        What has become of the sales that were told, by the day (UTC) on which they were taken in. Google tells why it
        refused one that stood alone in its request, or by name; else it tells how many of a request.
      </p>
      ${complaint === undefined ? "" : html`<p class="bad" role="alert">${complaint}</p>`}
      ${held.map((line) => heldPart(line, role))} ${days.length === 0 ? html`<p>There are none.</p>` : dayTable(days)}
      ${
        refusals.length === 0
          ? ""
          : html`<h2>Refused of those without a reason</h2>
              ${refusalTable(refusals)}`
      }
      ${
        batches.length === 0
          ? ""
          : html`<h2>Requests that Google had something against</h2>
              ${batchTable(batches)}`
      }`,
  });
}

const WHY: Readonly<Record<HeldReason, string>> = {
  switched_off: "because uploads were switched off",
  no_consent: "because nobody said whether their data may be used",
};

const RELEASE: Readonly<Record<HeldReason, string>> = {
  switched_off: "Upload them",
  no_consent: "Upload them all the same",
};

function heldPart({ heldFor, conversions }: HeldLine, role: Role): Html {
  const told = html`<p><strong>${conversions}</strong> held ${WHY[heldFor]}.</p>`;
  if (role === "viewer") return told;
  return html`${told}
    <form method="post" action="/conversions/release">
      <input type="hidden" name="heldFor" value="${heldFor}" />
      <label>Why <input name="reason" maxlength="500" /></label>
      <button>${RELEASE[heldFor]}</button>
    </form>`;
}

function table(columns: readonly string[], rows: readonly (readonly (Html | string | number)[])[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${columns.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell, at) => html`<td data-label="${columns[at]}">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function dayTable(days: readonly ConversionLine[]): Html {
  return table(
    ["Day", "Status", "Reason", "Conversions"],
    days.map(({ day, status, reason, conversions }) => [
      day,
      status === "rejected" ? html`<span class="bad">${status}</span>` : status,
      reason ?? "",
      conversions,
    ]),
  );
}

function refusalTable(refusals: readonly RefusalLine[]): Html {
  return table(
    ["Day", "Reason", "Conversions"],
    refusals.map(({ day, reason, conversions }) => [day, reason, conversions]),
  );
}

function batchTable(batches: readonly BatchLine[]): Html {
  const inWords = (reasons: BatchLine["errors"]) => reasons.map(({ reason, count }) => `${count} ${reason}`).join(", ");
  return table(
    ["Day", "Request", "Outcome", "Conversions", "Refused", "Warned of"],
    batches.map(({ day, requestId, state, size, errors, warnings }) => [
      day,
      requestId ?? "",
      state,
      size,
      inWords(errors),
      inWords(warnings),
    ]),
  );
}
