import { type Command, Option } from "commander";
import type { DeadLetterState } from "@millrace/core";
import { audited, type AuditOptions } from "../audit-options.ts";
import { runCommand } from "../run-command.ts";
import { wholeNumber } from "../whole-number.ts";
import type { Json, SelectionOptions } from "./selection.ts";

const STATES: readonly DeadLetterState[] = ["dead", "replaying", "resolved", "discarded"];

/** Adds `millrace dead-letters …`. */
export function addDeadLetterCommands(program: Command): void {
  const deadLetters = program.command("dead-letters").description("inspect, edit, replay and discard dead letters");
  addReadCommands(deadLetters);
  addBulkCommands(deadLetters);
  addEdit(deadLetters);
  addCancel(deadLetters);
}

function addReadCommands(deadLetters: Command): void {
  selectable(deadLetters.command("list"), "list dead letters, the latest failure first")
    .addOption(new Option("--state <state>", "the state (default: dead)").choices(STATES))
    .addOption(new Option("--limit <number>", "most rows to print").default(50).argParser(wholeNumber(1, 10_000)))
    .action((ids: string[], options: SelectionOptions & Json & { state?: DeadLetterState; limit: number }) =>
      runCommand(async () => (await import("./list.ts")).list, { ids, ...options }),
    );
  deadLetters
    .command("show")
    .description("print a dead letter with its payload and its earlier failures")
    .argument("<id>", "id of the dead letter, of its job or of its event")
    .option("--json", "print JSON on one line")
    .action((id: string, { json }: Json) => runCommand(async () => (await import("./show.ts")).show, { id, json }));
}

function addBulkCommands(deadLetters: Command): void {
  audited(selectable(deadLetters.command("replay"), "replay dead letters, and wait until the replay ends"))
    .option("--dry-run", "count what would be replayed, and change nothing")
    .addOption(new Option("--rate <per second>", "most jobs per second").default(10).argParser(wholeNumber(1, 10_000)))
    .option("--detach", "start the replay and do not wait for it")
    .action(
      (
        ids: string[],
        options: SelectionOptions & AuditOptions & Json & { dryRun?: true; rate: number; detach?: true },
      ) => runCommand(async () => (await import("./replay.ts")).replay, { ids, ...options }),
    );
  audited(selectable(deadLetters.command("discard"), "discard dead letters"))
    .option("--dry-run", "count what would be discarded, and change nothing")
    .action((ids: string[], options: SelectionOptions & AuditOptions & Json & { dryRun?: true }) =>
      runCommand(async () => (await import("./discard.ts")).discard, { ids, ...options }),
    );
}

function addEdit(deadLetters: Command): void {
  audited(deadLetters.command("edit"))
    .description("replace the payload of a dead letter with the JSON on stdin")
    .argument("<id>", "id of the dead letter")
    .action((id: string, options: AuditOptions) =>
      runCommand(async () => (await import("./edit.ts")).edit, { id, ...options }),
    );
}

function addCancel(deadLetters: Command): void {
  audited(deadLetters.command("cancel"))
    .description("cancel a replay; jobs in progress continue")
    .argument("<replay id>", "id of the replay")
    .action((id: string, options: AuditOptions) =>
      runCommand(async () => (await import("./cancel.ts")).cancel, { id, ...options }),
    );
}

/** Adds the arguments and options that select dead letters. */
function selectable(command: Command, description: string): Command {
  return command
    .description(description)
    .argument("[ids...]", "ids of dead letters")
    .option("--all", "select all dead letters; with list, in every state")
    .option("--queue <queue>", "the queue, for example meta-inbound")
    .option("--integration <id>", "the integration, for example whatsapp")
    .option("--error-kind <kind>", "permanent, retryable, stalled or unknown")
    .option("--text <text>", "a part of the error")
    .option("--tenant <name>", "the name of the tenant")
    .option("--since <time>", "failed at or after this time, for example 2026-11-25T12:00:00Z")
    .option("--until <time>", "failed before this time")
    .option("--json", "print JSON");
}
