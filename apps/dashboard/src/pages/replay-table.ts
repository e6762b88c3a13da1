import { html } from "hono/html";
import type { DeadLetterSelection } from "@millrace/core";
import type { Replay } from "@millrace/db";
import { type Html, table, time } from "./html.ts";

/** A table of replays with their progress. An operator who can change something can cancel a running one. */
export function replayTable(replays: readonly Replay[], canChange: boolean): Html {
  return table(
    ["Started", "Operator", "Selection", "State", "Progress", "Action"],
    replays.map((replay) => [
      time(replay.createdAt),
      html`${replay.actor}${replay.reason ? html`<br /><span class="dim">${replay.reason}</span>` : ""}`,
      selectionText(replay.selection),
      stateText(replay),
      progressOf(replay),
      canChange && replay.state === "running" ? cancelForm(replay.id) : "",
    ]),
  );
}

function stateText({ state, detail }: Replay): Html {
  return html`<span class="${state === "stopped" ? "bad" : ""}">${state}${detail ? `: ${detail}` : ""}</span>`;
}

function progressOf({ total, progress }: Replay): Html {
  const { waiting, replaying, resolved, dead } = progress;
  const skipped = progress.left;
  const completed = resolved + dead + skipped;
  const counts = [
    `${resolved} resolved`,
    `${dead} failed again`,
    ...(replaying > 0 ? [`${replaying} in progress`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(", ");
  return html`<progress max="${total}" value="${completed}" aria-label="Progress"></progress> ${completed} of
    ${total}<br /><span class="dim">${counts}</span>`;
}

function cancelForm(id: string): Html {
  return html`<form method="post" action="/replays/${id}/cancel"><button>Cancel replay</button></form>`;
}

const CONDITION_LABELS: Readonly<Record<Exclude<keyof DeadLetterSelection, "ids">, string>> = {
  queue: "queue",
  integration: "integration",
  errorKind: "error kind",
  text: "error contains",
  tenant: "tenant",
  since: "failed since",
  until: "failed before",
};

/** Describes a selection, e.g. `queue meta-inbound, error contains tenant`. */
function selectionText(selection: unknown): string {
  const { ids, ...conditions } = selection as DeadLetterSelection;
  const texts = Object.entries(conditions).map(
    ([name, value]) => `${CONDITION_LABELS[name as keyof typeof CONDITION_LABELS]} ${value}`,
  );
  if (ids) texts.unshift(ids.length === 1 ? (ids[0] ?? "") : `${ids.length} dead letters by id`);
  return texts.join(", ") || "all dead letters";
}
