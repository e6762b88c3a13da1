import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AlertWebhook, fetchHttp, uuidv7 } from "@millrace/core";
import { createAlerts, createDeadLetters, createPauses } from "@millrace/db";
import { createQueueWatch, openQueueBackend, type QueueWatch } from "@millrace/queue";
import { createSandboxApp } from "@millrace/sandbox";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { createRound } from "../src/alerts/evaluate.ts";
import { openLine } from "./line.ts";

const THRESHOLDS = { deadLetters: 2, deadLettersMinutes: 10, waitingMinutes: 5 };
const MINUTE = 60;
const HOUR = 60 * MINUTE;

describe.each(queueStores())("alerts, with the queue on $kind,", (store) => {
  let testDatabase: TestDatabase;
  let line: Awaited<ReturnType<typeof openLine>>;
  let watch: QueueWatch;
  let sandbox: ReturnType<typeof createSandboxApp>;
  let server: ReturnType<typeof serve>;
  let webhook: AlertWebhook;
  let now: Date;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    line = await openLine(testDatabase.url, await store.url(testDatabase.url), "inbound");
    now = new Date();
    watch = createQueueWatch(line.backend, [line.definition], () => now);
    sandbox = createSandboxApp({ now: () => now });
    const port = await new Promise<number>((resolve) => {
      server = serve({ fetch: sandbox.fetch, port: 0, hostname: "127.0.0.1" }, (address) => resolve(address.port));
    });
    webhook = { url: `http://127.0.0.1:${port}/alerts`, format: "json", dashboardUrl: undefined };
  });
  afterEach(async () => {
    await watch.close();
    await line.close();
    server.close();
    await testDatabase.drop();
  });

  /** A worker's rounds. */
  function rounds(changes: { webhook?: AlertWebhook | undefined; watch?: QueueWatch } = {}) {
    const { database, log } = line;
    const ports = { database, watch, http: fetchHttp, log: log.log, now: () => now, newId: uuidv7 };
    const round = createRound({ ...ports, webhook, thresholds: THRESHOLDS, ...changes });
    return (stopping = new AbortController()) => round(stopping.signal);
  }
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  const told = async () => {
    const taken = (await (await sandbox.request("/alerts")).json()) as { body: Record<string, string> }[];
    return taken.map(({ body }) => `${body["rule"]} ${body["subject"]} ${body["state"]}`);
  };
  const fail = (fault: string, times = 1) =>
    sandbox.request("/_faults", {
      method: "POST",
      body: JSON.stringify({ match: { api: "alerts" }, fault, times }),
    });
  const openAlerts = async () =>
    (await createAlerts(line.database, uuidv7).open()).map(({ rule, subject }) => `${rule} ${subject}`).sort();
  const work = async () => {
    const worker = line.work(() => Promise.resolve({ result: "written" }));
    await until("it is seen", async () => (await watch.look())[0]?.workers === 1);
    return worker;
  };
  const hold = { scope: "probe:account:1", kind: "paused", reason: "the token is not valid" } as const;
  const park = () => createPauses(line.database).set({ ...hold, until: now });
  const lift = () => createPauses(line.database).resume(hold.scope);
  const die = (error: string) =>
    createDeadLetters(line.database, uuidv7).record({
      queue: "probe-inbound",
      jobId: uuidv7(),
      integration: "probe",
      eventId: uuidv7(),
      kind: "probe",
      payload: { name: "Ada Lovelace" },
      errorKind: "permanent",
      error,
      attempts: 1,
      correlationId: "c",
      receivedAt: now,
      failedAt: now,
    });

  test("a queue that nobody works for, and whose jobs wait, wakes somebody until a worker is there", async () => {
    const round = rounds();
    await round();
    await line.send("one");
    pass(MINUTE);
    await round();
    expect(await told()).toEqual(["no_worker probe-inbound opened"]);
    pass(5 * MINUTE);
    await round();
    expect(await openAlerts()).toEqual(["no_worker probe-inbound", "queue_delayed probe-inbound"]);
    await work();
    await until("the job is done", async () => (await line.reader.find("one")).place === "completed");
    pass(MINUTE);
    await round();
    expect(await openAlerts()).toEqual([]);
    expect((await told()).sort()).toEqual([
      "no_worker probe-inbound closed",
      "no_worker probe-inbound opened",
      "queue_delayed probe-inbound closed",
      "queue_delayed probe-inbound opened",
    ]);
  });

  test("while the queue's store is away an alert about a queue stays open, and others are opened", async () => {
    const round = rounds();
    await round();
    pass(MINUTE);
    await round();
    const away = openQueueBackend("postgres://127.0.0.1:1/away", "consumer", 1);
    const blind = createQueueWatch(away, [line.definition], () => now);
    await park();
    pass(MINUTE);
    await rounds({ watch: blind })();
    expect(await openAlerts()).toEqual(["no_worker probe-inbound", "account_paused probe:account:1"]);
    await blind.close();
    await away.close();
  });

  test("a worker that does not watch a queue leaves its alert open", async () => {
    const round = rounds();
    await round();
    pass(MINUTE);
    await round();
    const other = createQueueWatch(line.backend, [], () => now);
    pass(MINUTE);
    await rounds({ watch: other })();
    expect(await openAlerts()).toEqual(["no_worker probe-inbound"]);
    await other.close();
  });

  test("dead letters of a new kind, and many of them, wake somebody once, and nobody reads whose they are", async () => {
    await work();
    const round = rounds();
    for (const page of ["300000000000123", "300000000000456", "300000000000789"])
      await die(`no tenant owns page ${page}`);
    for (let time = 0; time < 3; time += 1) {
      await round();
      pass(MINUTE);
    }
    const opened = ["many_dead_letters probe-inbound opened", "new_error probe-inbound: no tenant owns page # opened"];
    expect((await told()).sort()).toEqual(opened);
    expect(await (await sandbox.request("/alerts")).text()).not.toMatch(/Ada|300000000000/);
    expect(line.log.lines().filter(({ level }) => level === "error")).toMatchObject([
      { msg: "alert.opened", alert: true, rule: "new_error" },
      { msg: "alert.opened", alert: true, rule: "many_dead_letters" },
    ]);
    pass(HOUR);
    await round();
    expect(await openAlerts()).toEqual([]);
    expect(await told()).toHaveLength(4);
    await die("no tenant owns page 777");
    pass(MINUTE);
    await round();
    expect(await openAlerts()).toEqual([]);
  });

  test("of many workers that see a paused account at once, one tells it; its end is told when it is lifted", async () => {
    await work();
    await park();
    await Promise.all(Array.from({ length: 5 }, () => rounds()()));
    pass(MINUTE);
    await Promise.all(Array.from({ length: 5 }, () => rounds()()));
    expect(await told()).toEqual(["account_paused probe:account:1 opened"]);
    await lift();
    pass(MINUTE);
    await rounds()();
    expect(await told()).toEqual(["account_paused probe:account:1 opened", "account_paused probe:account:1 closed"]);
  });

  test("a webhook that is down is left alone for longer each time, and gets all that it missed", async () => {
    await work();
    await park();
    await fail("http_500", 2);
    const round = rounds();
    await round();
    await lift();
    for (const [seconds, requests] of [
      [29, 1],
      [26, 2],
      [59, 2],
    ] as const) {
      pass(seconds);
      await round();
      expect(await (await sandbox.request("/_requests")).json()).toHaveLength(requests);
    }
    expect(await told()).toEqual([]);
    pass(30);
    await round();
    expect(await told()).toEqual(["account_paused probe:account:1 opened", "account_paused probe:account:1 closed"]);
    expect(line.log.lines().filter(({ msg }) => msg === "alert.notification_failed")).toMatchObject([
      { error: "HTTP 500" },
      { error: "HTTP 500" },
    ]);
  });

  test("an alert that the webhook refuses holds no other up, and is told once it is taken", async () => {
    await work();
    await park();
    await fail("http_400");
    const round = rounds();
    await round();
    await die("no lead source");
    pass(MINUTE);
    await round();
    expect(await told()).toEqual(["new_error probe-inbound: no lead source opened"]);
    expect(line.log.lines().filter(({ msg }) => msg === "alert.notification_failed")).toMatchObject([
      { subject: hold.scope, state: "opened", error: "HTTP 400" },
    ]);
    await lift();
    pass(9 * MINUTE);
    await round();
    expect((await told()).slice(1)).toEqual([
      "account_paused probe:account:1 opened",
      "account_paused probe:account:1 closed",
    ]);
  });

  test("a webhook that gives no answer holds a round up for some seconds, and a stop not at all", async () => {
    await work();
    await park();
    await fail("timeout", 2);
    const stopping = new AbortController();
    const { log } = line;
    const stopped = rounds()(stopping);
    await until("it is asked", async () => {
      const requests = (await (await sandbox.request("/_requests")).json()) as unknown[];
      return requests.length === 1;
    });
    stopping.abort();
    await stopped;
    expect(log.lines().some(({ msg }) => msg === "alert.notification_failed")).toBe(false);
    pass(MINUTE);
    await rounds()();
    expect(log.lines().find(({ msg }) => msg === "alert.notification_failed")).toMatchObject({
      error: "no answer within 5000 ms",
    });
    expect(await openAlerts()).toEqual(["account_paused probe:account:1"]);
  });

  test("without a webhook an alert is logged and kept, and told once there is one", async () => {
    await work();
    await park();
    await rounds({ webhook: undefined })();
    expect(await openAlerts()).toEqual(["account_paused probe:account:1"]);
    expect(await told()).toEqual([]);
    pass(MINUTE);
    await rounds({ webhook: { ...webhook, format: "slack" } })();
    const taken = (await (await sandbox.request("/alerts")).json()) as { body: { text: string } }[];
    expect(taken.map(({ body }) => body.text)).toEqual([
      ":rotating_light: *account_paused* probe:account:1 is paused: the token is not valid",
    ]);
  });
});
