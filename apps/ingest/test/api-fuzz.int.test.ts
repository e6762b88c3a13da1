import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { note, noteApi, postNote } from "./fake-routes.ts";

const database = useTestDatabase();
let ingest: IngestServer;

beforeAll(async () => {
  ingest = await startIngest(database.url, {}, noteApi);
});
afterAll(() => ingest.close());

const anything = fc.jsonValue({ maxDepth: 4 });
/** Nearly valid bodies: known fields with arbitrary values. */
const nearlyValid = fc.record(
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

test("any JSON body gets 202 or a 400 that names the invalid fields", async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, nearlyValid), async (body) => {
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
