import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type Environment, uuidv7 } from "@millrace/core";
import { matchContacts, createErasures, findContacts } from "@millrace/db";
import { openMediaStore, readMediaConfig } from "@millrace/media";
import { countTraces, eraseContact, type ErasureParts, finish } from "../erase-contact.ts";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** `millrace contacts` */
export const contacts = {
  usage: [
    "contacts find <phone, e-mail, id or name> [--json]",
    "  millrace contacts erase <id, phone, e-mail or channel:id> --reason <text> [--actor <name>] [--dry-run] [--yes] [--json]",
    "                                          have a person forgotten; the rows stay, without what is theirs",
  ].join("\n"),
  async run(args: string[], environment: Environment): Promise<void> {
    const { verb, word, options } = readWords(args);
    if (verb === "find") return find(word, options.json, environment);
    if (verb === "erase") return erase(word, options, environment);
    throw new UsageError("find or erase?");
  },
};

type Options = ReturnType<typeof readWords>["options"];

function readWords(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        reason: { type: "string" },
        actor: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const [verb, word, ...more] = positionals;
    if (!word || more.length > 0) throw new UsageError("name one contact");
    return { verb, word, options: values };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function find(word: string, json: boolean, environment: Environment): Promise<void> {
  const found = await withStores(environment, ({ database }) => findContacts(database, word));
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else console.table(found);
}

async function erase(word: string, options: Options, environment: Environment): Promise<void> {
  const { reason } = options;
  const dryRun = options["dry-run"];
  if (!dryRun && !reason?.trim()) throw new UsageError("why? --reason <text>, which is kept");
  const media = openMediaStore(readMediaConfig(environment));
  const result = await withStores(environment, async ({ database, backend }) => {
    const parts: ErasureParts = { erasures: createErasures(database, uuidv7), backend, media };
    // Whatever was broken off is done first: by then nobody finds the contact by its number any more.
    const finished = [];
    for (const erasure of dryRun ? [] : await parts.erasures.unfinished())
      finished.push({ contactId: erasure.contactId, ...(await finish(parts, erasure)) });
    const [contactId, ...others] = await matchContacts(database, word);
    if (others.length > 0)
      throw new Error(`several contacts are meant, name one by its id: ${[contactId, ...others].join(", ")}`);
    if (contactId === undefined) {
      if (finished.length > 0 || (await parts.erasures.isErased(word))) return finished;
      throw new Error("there is no such contact");
    }
    const counts = await countTraces(parts, contactId);
    if (dryRun) return [{ contactId, ...counts }];
    if (!options.yes) await confirm(contactId, counts);
    const by = { actor: options.actor ?? userInfo().username, reason: reason ?? "" };
    return [...finished, { contactId, ...(await eraseContact(parts, contactId, by)) }];
  });
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if (result.length === 0) process.stdout.write("erased before: nothing was left to do\n");
  else for (const counts of result) console.table(counts);
}

/** Asks whoever sits at the terminal. */
async function confirm(contactId: string, counts: object | undefined): Promise<void> {
  if (!process.stdin.isTTY) throw new Error("nobody can be asked here: say --yes");
  console.table(counts);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Erase contact ${contactId} for good? Type yes: `);
  terminal.close();
  if (answer.trim() !== "yes") throw new Error("nothing was erased");
}
