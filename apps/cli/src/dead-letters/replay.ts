import { setTimeout as wait } from "node:timers/promises";
import { type Environment, systemNow, uuidv7 } from "@millrace/core";
import { createReplays, type Replay, type Replays } from "@millrace/db";
import { auditContext, type AuditOptions } from "../audit-options.ts";
import { printJson } from "../print.ts";
import { withDatabase } from "../database.ts";
import { dryRun } from "./dry-run.ts";
import { type Json, requireSelection, type SelectionOptions } from "./selection.ts";

/** Time between two reads of the progress, in ms. */
const POLL_MS = 250;

/** Width of the progress bar, in characters. */
const BAR_WIDTH = 30;

/** `millrace dead-letters replay`: starts a replay, which the workers do, and waits until it ends. */
export async function replay(
  environment: Environment,
  options: SelectionOptions &
    AuditOptions &
    Json & { ids: readonly string[]; dryRun?: true; rate: number; detach?: true },
): Promise<void> {
  const { ids, rate, json } = options;
  const selection = requireSelection(ids, options);
  await withDatabase(environment, async (database) => {
    if (options.dryRun) return dryRun(database, selection, { verb: "replayed", json });
    const replays = createReplays(database, uuidv7, systemNow);
    const started = await replays.start(selection, rate, auditContext(options));
    if (!started) {
      if (json) printJson({ replay: null });
      else process.stdout.write("no dead letter matches\n");
      return;
    }
    const noun = started.total === 1 ? "dead letter" : "dead letters";
    if (!json)
      process.stdout.write(`replay ${started.id}: ${started.total} ${noun}, at most ${started.rate} a second\n`);
    const last = options.detach ? started : await waitForEnd(replays, started, !json && process.stdout.isTTY);
    if (json) printJson({ replay: last });
    else process.stdout.write(`${summary(last)}\n`);
    if (last.state === "stopped") throw new Error(`the replay stopped by itself: ${last.detail}`);
    if (last.state === "cancelled") throw new Error("the replay was cancelled");
    if (last.progress.dead > 0) throw new Error(`${last.progress.dead} failed again`);
  });
}

async function waitForEnd(replays: Replays, started: Replay, showBar: boolean): Promise<Replay> {
  for (let current = started; ;) {
    if (showBar) process.stdout.write(`\r${bar(current)} ${summary(current)}\u001B[K`);
    if (current.state !== "running") {
      if (showBar) process.stdout.write("\n");
      return current;
    }
    await wait(POLL_MS);
    current = (await replays.find(started.id)) ?? current;
  }
}

function bar({ total, progress: { resolved, dead, skipped: left } }: Replay): string {
  const full = Math.round((BAR_WIDTH * (resolved + dead + left)) / total);
  return `[${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}]`;
}

function summary({ state, total, progress }: Replay): string {
  const { waiting, replaying, resolved, dead, skipped: left } = progress;
  const counts = [
    `${resolved} of ${total} resolved`,
    `${dead} failed again`,
    ...(replaying > 0 ? [`${replaying} in progress`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(left > 0 ? [`${left} skipped`] : []),
  ];
  return `${state}: ${counts.join(", ")}`;
}
