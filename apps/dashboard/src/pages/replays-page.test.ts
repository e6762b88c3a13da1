import { expect, test } from "vitest";
import { replaysPage } from "./replays-page.ts";

const user = { operator: "grace", role: "operator" } as const;
const countsByError = [{ queue: "meta-inbound", errorKind: "permanent", error: "no tenant owns page 17", count: 1 }];

const page = async (preview: { count: number; isExact: boolean }) =>
  String(await replaysPage({ user, queues: [], fields: {}, latest: [], preview: { ...preview, countsByError } }));

test("a preview shows and confirms the number of dead letters", async () => {
  const one = await page({ count: 1, isExact: true });
  for (const text of ["<h2>1 dead letter</h2>", 'name="count" value="1"', "Replay 1 job<"]) expect(one).toContain(text);
  expect(one).not.toContain("latest");
});

test("a preview of more dead letters than are counted shows that there are more", async () => {
  const many = await page({ count: 10_000, isExact: false });
  for (const text of [
    "<h2>More than 10000 dead letters</h2>",
    "The table counts the latest 10000.",
    'name="count" value="more than 10000"',
    "Discard more than 10000 jobs<",
  ])
    expect(many).toContain(text);
});
