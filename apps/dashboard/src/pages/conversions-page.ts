import { html } from "hono/html";
import type { HeldReason } from "@millrace/core";
import type { BatchReport, ConversionCount, HeldCount, RejectionCount, Role } from "@millrace/db";
import { errorMessage, type Html, table } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

type ConversionsView = {
  user: PageUser;
  held: readonly HeldCount[];
  days: readonly ConversionCount[];
  rejections: readonly RejectionCount[];
  batches: readonly BatchReport[];
  error: string | undefined;
};

/** The page with the conversions per day, the held ones and the errors of requests. */
export function conversionsPage({ user, held, days, rejections, batches, error }: ConversionsView): Html {
  return layout({
    title: "Conversions",
    user,
    body: html`<p class="dim">
        The conversions of each day (UTC) by status. The platform reports the reason of a rejected conversion only if
        its request contained no other conversion, or if the answer names it. Otherwise it reports counts per request.
      </p>
      ${errorMessage(error)} ${held.map((line) => heldConversions(line, user.role))}
      ${days.length === 0 ? html`<p>No conversions yet</p>` : dayTable(days)}
      ${
        rejections.length === 0
          ? ""
          : html`<h2>Rejected conversions, by the reasons of their requests</h2>
              ${rejectionTable(rejections)}`
      }
      ${
        batches.length === 0
          ? ""
          : html`<h2>Requests with errors or warnings</h2>
              ${batchTable(batches)}`
      }`,
  });
}

const HELD_BECAUSE: Readonly<Record<HeldReason, string>> = {
  switched_off: "because uploads were switched off",
  no_consent: "because consent to use the data is unknown",
};

const RELEASE_CONDITION: Readonly<Record<HeldReason, string>> = {
  switched_off: "",
  no_consent: " without consent",
};

function heldConversions({ heldFor, conversions }: HeldCount, role: Role): Html {
  const noun = conversions === 1 ? "conversion" : "conversions";
  const verb = conversions === 1 ? "is" : "are";
  const text = html`<p><strong>${conversions}</strong> ${noun} ${verb} held ${HELD_BECAUSE[heldFor]}.</p>`;
  if (role === "viewer") return text;
  return html`${text}
    <form method="post" action="/conversions/release">
      <input type="hidden" name="heldFor" value="${heldFor}" />
      <label>Reason <input name="reason" maxlength="500" /></label>
      <button>Upload ${conversions} ${noun}${RELEASE_CONDITION[heldFor]}</button>
    </form>`;
}

function dayTable(days: readonly ConversionCount[]): Html {
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

function rejectionTable(rejections: readonly RejectionCount[]): Html {
  return table(
    ["Day", "Reason", "Conversions"],
    rejections.map(({ day, reason, conversions }) => [day, reason, conversions]),
  );
}

function batchTable(batches: readonly BatchReport[]): Html {
  const listOf = (reasons: BatchReport["errors"]) =>
    reasons.map(({ reason, count }) => `${count} ${reason}`).join(", ");
  return table(
    ["Day", "Request id", "State", "Conversions", "Errors", "Warnings"],
    batches.map(({ day, requestId, state, size, errors, warnings }) => [
      day,
      requestId ?? "",
      state,
      size,
      listOf(errors),
      listOf(warnings),
    ]),
  );
}
