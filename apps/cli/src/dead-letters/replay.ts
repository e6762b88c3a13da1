import { setTimeout as wait } from "node:timers/promises";
import type { Replay } from "@millrace/db";
import { dryRun } from "./dry-run.ts";
import { type DeadLetterOptions, type DeadLetterStores, requireSelection } from "./options.ts";

/** How often a replay is looked at while a person watches, in ms. */
const LOOK_MS = 250;

/** How wide the bar is, in characters. */
const WIDTH = 30;

/** `millrace dead-letters replay`: has the workers replay what is dead, and watches until they have. */
export async function replay(stores: DeadLetterStores, options: DeadLetterOptions): Promise<void> {
  requireSelection(options);
  if (options.dryRun) return dryRun(stores, options, "replayed");
  const begun = await stores.replays.start(options.selection, options.rate, options.by);
  if (!begun) {
    process.stdout.write(options.json ? `${JSON.stringify({ replay: null })}\n` : "nothing that is dead is meant\n");
    return;
  }
  if (!options.json) process.stdout.write(`replay ${begun.id}: ${begun.total} at most ${begun.rate} a second\n`);
  const ended = options.detach ? begun : await watch(stores, begun, !options.json && process.stdout.isTTY);
  process.stdout.write(options.json ? `${JSON.stringify({ replay: ended })}\n` : `${told(ended)}\n`);
  if (ended.state === "stopped") throw new Error(`it stopped by itself: ${ended.detail}`);
  if (ended.state === "cancelled") throw new Error("it was cancelled");
  if (ended.progress.dead > 0) throw new Error(`${ended.progress.dead} died again`);
}

async function watch({ replays }: DeadLetterStores, begun: Replay, withBar: boolean): Promise<Replay> {
  for (let seen = begun; ;) {
    if (withBar) process.stdout.write(`\r${bar(seen)} ${told(seen)}\u001B[K`);
    if (seen.state !== "running") {
      if (withBar) process.stdout.write("\n");
      return seen;
    }
    await wait(LOOK_MS);
    seen = (await replays.find(begun.id)) ?? seen;
  }
}

function bar({ total, progress: { resolved, dead, left } }: Replay): string {
  const full = Math.round((WIDTH * (resolved + dead + left)) / total);
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}]`;
}

function told({ state, total, progress }: Replay): string {
  const { waiting, replaying, resolved, dead, left } = progress;
  const parts = [
    `${resolved} of ${total} resolved`,
    `${dead} died again`,
    ...(replaying > 0 ? [`${replaying} under way`] : []),
    ...(waiting > 0 ? [`${waiting} to go`] : []),
    ...(left > 0 ? [`${left} left`] : []),
  ];
  return `${state}: ${parts.join(", ")}`;
}
