import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { newThread, useFacts } from "../../../test/facts.ts";
import { textTo } from "../../../test/send-requests.ts";
import type { Database } from "../../connection/database.ts";
import { createSendRequestBatches } from "./send-requests.ts";

const { database, open } = useFacts();

test("finding the conversations of requests reads no table in full, also with a plan that was made for small tables", async () => {
  const statements: string[] = [];
  const unsafe: Database["sql"]["unsafe"] = (statement, ...rest) => {
    statements.push(statement);
    return database.sql.unsafe(statement, ...rest);
  };
  const { id } = await open();
  const sql = { unsafe } as Database["sql"];
  const requests = [textTo(id, "one"), textTo(id, "two", { to: newThread() })];
  await createSendRequestBatches({ ...database, sql }, uuidv7).apply(requests, { name: "queue", holder: "worker" });
  const plan = await database.sql.unsafe<{ "QUERY PLAN": string }[]>(`explain (generic_plan) ${statements[0]}`);
  expect(plan.map((line) => line["QUERY PLAN"]).filter((line) => line.includes("Seq Scan"))).toEqual([]);
});
