import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { type Environment, uuidv7 } from "@millrace/core";
import { createErasures, type Database, matchContacts } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openMediaStore, readMediaConfig } from "@millrace/media";
import { printJson } from "../print.ts";
import { withStores } from "../stores.ts";
import { completeErasure, eraseContact, type ErasureCounts, type ErasureDeps, previewErasure } from "./erasure.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `millrace contacts erase`. */
export type EraseOptions = { reason?: string; actor?: string; dryRun?: true; exact?: true; yes?: true; json?: true };

/** What was erased of a contact, or would be. */
type ErasedContact = { contactId: string } & ErasureCounts;

/** What a preview without `--exact` leaves out. */
const NOT_COUNTED = "other rows and jobs that contain data of the contact are erased too, and not counted here\n";

/** `millrace contacts erase` */
export async function erase(
  environment: Environment,
  { contact, options }: { contact: string; options: EraseOptions },
): Promise<void> {
  if (!options.dryRun && !options.reason?.trim())
    throw new UsageError("--reason <text> is missing; the audit log keeps it");
  if (options.exact && !options.dryRun) throw new UsageError("--exact needs --dry-run");
  const media = openMediaStore(readMediaConfig(environment));
  const erased = await withStores(environment, async ({ database, backend }) => {
    const readers = new Map(integrations.map(({ id, personalData }) => [id, personalData]));
    const deps: ErasureDeps = { erasures: createErasures(database, uuidv7, readers), backend, media };
    return options.dryRun ? preview(deps, database, contact, options) : eraseAll(deps, database, contact, options);
  });
  if (options.json)
    printJson(options.dryRun ? erased.map((counts) => ({ ...counts, isExact: options.exact ?? false })) : erased);
  else if (erased.length === 0) process.stdout.write("the contact is already erased\n");
  else for (const counts of erased) console.table(counts);
  if (!options.json && erased.length > 0 && options.dryRun && !options.exact)
    process.stdout.write(`${NOT_COUNTED}add --exact to search all of them\n`);
}

async function preview(
  deps: ErasureDeps,
  database: Database,
  contact: string,
  options: EraseOptions,
): Promise<ErasedContact[]> {
  const contactId = await findOne(database, contact);
  if (contactId !== undefined) return [await previewOf(deps, contactId, options.exact ?? false)];
  if (await deps.erasures.isErased(contact)) return [];
  throw new Error(`no contact matches ${contact}`);
}

/** Completes the erasures that were interrupted, then erases the contact. Returns what was erased of each. */
async function eraseAll(
  deps: ErasureDeps,
  database: Database,
  contact: string,
  options: EraseOptions,
): Promise<ErasedContact[]> {
  // Interrupted erasures come first: once the rows of a contact are erased, its number no longer finds it.
  const completed: ErasedContact[] = [];
  const asked = await findOne(database, contact);
  for (const erasure of await deps.erasures.unfinished())
    try {
      completed.push(withId(erasure.contactId, await completeErasure(deps, erasure)));
    } catch (error) {
      if (erasure.contactId === asked) throw error;
      // It must not prevent the erasure of others.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  const contactId = await findOne(database, contact);
  if (contactId === undefined) {
    if (completed.length > 0 || (await deps.erasures.isErased(contact))) return completed;
    throw new Error(`no contact matches ${contact}`);
  }
  if (!options.yes) await confirm(await previewOf(deps, contactId, false));
  const by = { actor: options.actor ?? userInfo().username, reason: options.reason ?? "" };
  return [...completed, withId(contactId, await eraseContact(deps, contactId, by))];
}

/** Returns the id of the only contact that matches. Undefined if none does. */
async function findOne(database: Database, contact: string): Promise<string | undefined> {
  const [contactId, ...others] = await matchContacts(database, contact);
  if (others.length > 0)
    throw new Error(`several contacts match; use one of these ids: ${[contactId, ...others].join(", ")}`);
  return contactId;
}

async function previewOf(deps: ErasureDeps, contactId: string, exact: boolean): Promise<ErasedContact> {
  return withId(contactId, (await previewErasure(deps, contactId, exact)) ?? {});
}

function withId(contactId: string, counts: ErasureCounts): ErasedContact {
  return Object.assign({ contactId }, counts);
}

/** Asks the user at the terminal for confirmation. */
async function confirm(preview: ErasedContact): Promise<void> {
  if (!process.stdin.isTTY) throw new Error("there is no terminal to ask for confirmation; add --yes to erase");
  console.table(preview);
  process.stdout.write(NOT_COUNTED);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Erase contact ${preview.contactId} permanently? Type yes to confirm: `);
  terminal.close();
  if (answer.trim() !== "yes") throw new Error("cancelled; the contact is not erased");
}
