import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { hmacSha256Hex } from "@millrace/core";
import { until, useTestDatabase } from "../src/index.ts";
import { millrace } from "../src/command.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { secrets, textItem } from "./simulated-platform.ts";

const database = useTestDatabase();
const running: AppProcess[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.kill();
});

test("1: after SIGTERM, ingest answers the requests in progress and accepts no new ones", async () => {
  const environment = { ...secrets, DATABASE_URL: database.url };
  const ingest = await startApp("ingest", environment);
  running.push(ingest);

  const value = { metadata: { phone_number_id: "777" }, messages: [textItem(1).value] };
  const body = JSON.stringify({ entry: [{ id: "1", changes: [{ field: "messages", value }] }] });
  const signature = hmacSha256Hex(secrets.WHATSAPP_APP_SECRET, Buffer.from(body));
  const socket = connect(ingest.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(
    `POST /api/webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 40)}`,
  );
  await until("the request has begun", async () => (await fetch(`http://127.0.0.1:${ingest.port}/livez`)).ok);
  const exitCode = ingest.stop();
  await until("ingest does not listen any more", () =>
    fetch(`http://127.0.0.1:${ingest.port}/livez`).then(
      () => false,
      () => true,
    ),
  );
  socket.write(body.slice(40));
  await until("the request is answered", () => answer.startsWith("HTTP/1.1 200"));
  expect(await exitCode).toBe(0);
  const [trace] = JSON.parse(await millrace(["trace", textItem(1).eventId, "--json"], environment));
  expect(trace).toMatchObject({ state: "waiting" });
});

test("a process with wrong variables names each of them on a line, and prints no value", async () => {
  const { META_APP_SECRET: _, ...incomplete } = secrets;
  const environment = { ...incomplete, DATABASE_URL: "postgres://user:hunter2@127.0.0.1:1/x", INGEST_PORT: "eighty" };
  const failure = await startApp("ingest", environment).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(Error);
  const output = String(failure);
  expect(output).toContain("META_APP_SECRET is missing");
  expect(output).toContain("INGEST_PORT: must be a port");
  expect(output).not.toContain("hunter2");
});
