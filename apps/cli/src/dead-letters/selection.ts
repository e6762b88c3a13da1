import { type DeadLetterSelection, deadLetterSelectionSchema } from "@millrace/core";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

/** The options that select dead letters, as Commander returns them. */
export type SelectionOptions = {
  all?: true;
  queue?: string;
  integration?: string;
  errorKind?: string;
  text?: string;
  tenant?: string;
  since?: string;
  until?: string;
};

/** The option that prints JSON instead of text. */
export type Json = { json?: true };

/** Reads which dead letters are selected. Throws Error if an option has a wrong value. */
export function readSelection(ids: readonly string[], options: SelectionOptions): DeadLetterSelection {
  const { all, queue, integration, errorKind, text, tenant, since, until } = options;
  const given = { queue, integration, errorKind, text, tenant, since, until };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const wrongId = ids.find((id) => !z.uuid().safeParse(id).success);
  if (wrongId !== undefined) throw new UsageError(`${wrongId} is not an id: run dead-letters list to see the ids`);
  const lowerCase = ids.map((id) => id.toLowerCase());
  const parsed = deadLetterSelectionSchema.safeParse({ ...named, ...(ids.length > 0 ? { ids: lowerCase } : {}) });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`--${optionName(String(issue?.path[0]))}: ${issue?.message}`);
  }
  if (all && Object.keys(parsed.data).length > 0)
    throw new UsageError("--all cannot be combined with ids or with other options that select dead letters");
  return parsed.data;
}

/** The same for a command that changes what it selects: all dead letters only with `--all`. */
export function requireSelection(ids: readonly string[], options: SelectionOptions): DeadLetterSelection {
  const selection = readSelection(ids, options);
  if (Object.keys(selection).length === 0 && !options.all)
    throw new UsageError("no dead letters are selected: add ids, an option such as --queue, or --all");
  return selection;
}

function optionName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}
