import { beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { contactIdentities, contacts, tenants } from "../schema/index.ts";
import { findContacts, matchContacts } from "./search.ts";

const database = useDatabase(2);
const tenantId = uuidv7();

beforeAll(async () => {
  await database.orm.insert(tenants).values({ id: tenantId, name: "Mill" });
  for (const [name, phone, email] of [
    ["Ada Lovelace", "4915100000001", "ada@example.com"],
    ["Adam Smith-Jones", null, null],
    ["J.R. Tolkien", null, null],
    ["O'Brien_2", null, null],
    ["Zoë Ünal", null, null],
    [null, null, null],
  ] as const) {
    const id = uuidv7();
    await database.orm.insert(contacts).values({ id, tenantId, name, phone, email });
    await database.orm
      .insert(contactIdentities)
      .values({ id: uuidv7(), tenantId, contactId: id, channel: "telegram", externalId: `Of-${name}`, stable: true });
  }
});

const namesOf = async (term: string) => (await findContacts(database, term)).map(({ name }) => name);

test.each<[string, string[]]>([
  ["ada", ["Ada Lovelace", "Adam Smith-Jones"]],
  ["LOVE", ["Ada Lovelace"]],
  ["love ad", ["Ada Lovelace"]],
  ["jones", ["Adam Smith-Jones"]],
  ["smith-jo", ["Adam Smith-Jones"]],
  ["r tolk", ["J.R. Tolkien"]],
  ["O'Brien", ["O'Brien_2"]],
  ["2", ["O'Brien_2"]],
  ["Ünal", ["Zoë Ünal"]],
  ["+49 151 00000001", ["Ada Lovelace"]],
  ["ADA@example.com", ["Ada Lovelace"]],
  ["telegram:Of-J.R. Tolkien", ["J.R. Tolkien"]],
  ["telegram:of-J.R. Tolkien", []],
  ["whatsapp:Of-J.R. Tolkien", []],
  ["velace", []],
  ["ada & ! | smith:*", ["Adam Smith-Jones"]],
  ["'", []],
])("a search for %s finds %j", async (term, expected) => {
  expect(await namesOf(term)).toEqual(expected);
});

test("an exact search ignores names", async () => {
  expect(await matchContacts(database, "Ada Lovelace")).toEqual([]);
  expect(await matchContacts(database, "ada@example.com")).toHaveLength(1);
});
