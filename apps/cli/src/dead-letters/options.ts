import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import {
  DEAD_LETTER_STATES,
  type DeadLetterSelection,
  deadLetterSelectionSchema,
  type DeadLetterState,
  type Now,
} from "@millrace/core";
import type { DeadLetterList, Replays } from "@millrace/db";
import { z } from "zod";
import { UsageError } from "../usage.ts";

/** What the commands on dead letters work with. */
export type DeadLetterStores = { letters: DeadLetterList; replays: Replays; now: Now };

/** What a command was told. */
export type DeadLetterOptions = {
  /** What was named without an option. */
  ids: string[];
  selection: DeadLetterSelection;
  states: readonly DeadLetterState[];
  /** Most replayed in a second. */
  rate: number;
  limit: number;
  dryRun: boolean;
  json: boolean;
  /** Whether all are meant. */
  all: boolean;
  /** Whether a replay is only begun, not watched. */
  detach: boolean;
  by: { actor: string; reason: string | undefined };
};

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

const numbers = z.object({
  rate: z.coerce.number().int().min(1).max(10_000).default(10),
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  state: z.enum(DEAD_LETTER_STATES).optional(),
});

/** Reads what a command was told. Throws UsageError. */
export function readOptions(args: string[]): DeadLetterOptions {
  const { values, positionals } = parse(args);
  const { queue, integration, tenant, since, until, rate, limit, state } = values;
  const given = { queue, integration, errorKind: values["error-kind"], text: values.text, tenant, since, until };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const ids = positionals.map((id) => id.toLowerCase());
  const selection = check(deadLetterSelectionSchema, { ...named, ...(isLetters(ids) ? { ids } : {}) });
  const own = check(numbers, { rate, limit, state });
  if (values.all && Object.keys(selection).length > 0) throw new UsageError("--all and a selection exclude each other");
  return {
    ids: positionals,
    selection,
    states: own.state === undefined ? (values.all ? DEAD_LETTER_STATES : ["dead"]) : [own.state],
    rate: own.rate,
    limit: own.limit,
    dryRun: values["dry-run"],
    json: values.json,
    all: values.all,
    detach: values.detach,
    by: { actor: values.actor ?? userInfo().username, reason: values.reason },
  };
}

/** Refuses to change all dead letters unless that was said. */
export function requireSelection({ selection, ids, all }: DeadLetterOptions): void {
  if (ids.length > 0 && selection.ids === undefined)
    throw new UsageError("a dead letter's id is a UUID; list tells them");
  if (Object.keys(selection).length === 0 && !all) throw new UsageError("which? name ids, a selection, or --all");
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        queue: text,
        integration: text,
        "error-kind": text,
        text,
        tenant: text,
        since: text,
        until: text,
        state: text,
        rate: text,
        limit: text,
        reason: text,
        actor: text,
        all: flag,
        "dry-run": flag,
        json: flag,
        detach: flag,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isLetters(ids: readonly string[]): boolean {
  return ids.length > 0 && ids.every((id) => z.uuid().safeParse(id).success);
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${issue?.path.join(".")}: ${issue?.message}`);
}
