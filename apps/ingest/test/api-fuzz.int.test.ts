import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openQueueBackend } from "@millrace/queue";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { note, noteApi, postNote } from "./note-routes.ts";

let database: TestDatabase;
let ingest: IngestServer;

beforeAll(async () => {
  database = await createTestDatabase();
  const backend = openQueueBackend(database.url, "consumer", 2);
  await backend.migrate();
  await backend.close();
  ingest = await startIngest(database.url, {}, noteApi);
});
afterAll(async () => {
  await ingest.close();
  await database.drop();
});

const anything = fc.jsonValue({ maxDepth: 4 });
/** Bodies that are nearly right: known fields with anything in them. */
const nearly = fc.record(
  {
    to: fc.oneof(anything, fc.constant(note.to), fc.record({ person: anything, room: anything }, { requiredKeys: [] })),
    message: fc.oneof(
      anything,
      fc.record(
        {
          type: fc.oneof(anything, fc.constantFrom("text", "list")),
          text: fc.oneof(anything, fc.string()),
          lines: fc.oneof(anything, fc.array(fc.record({ title: anything, count: anything }, { requiredKeys: [] }))),
        },
        { requiredKeys: [] },
      ),
    ),
    copies: fc.oneof(anything, fc.integer({ min: 1, max: 3 })),
    ["__proto__"]: anything,
  },
  { requiredKeys: [] },
);

test("whatever JSON comes, the answer is 202 or a 400 that names what is wrong", async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, nearly), async (body) => {
      const response = await postNote(ingest.url, JSON.stringify(body));
      seen.add(response.status);
      const answer = (await response.json()) as { ids?: string[]; detail?: string };
      expect([202, 400, 413]).toContain(response.status);
      expect(answer.ids?.length ?? answer.detail?.length ?? Number(response.status === 413)).toBeGreaterThan(0);
    }),
    { numRuns: 500, examples: [[note]] },
  );
  expect([...seen]).toEqual(expect.arrayContaining([202, 400]));
});
