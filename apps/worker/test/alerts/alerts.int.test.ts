import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AlertWebhook, fetchHttp, uuidv7 } from "@millrace/core";
import { createAlerts, createDeadLetters, createPauseOperations, createPauses } from "@millrace/db";
import { createQueueWatch, openQueueBackend, type QueueWatch } from "@millrace/queue";
import { createSandboxApp } from "@millrace/sandbox";
import { defaultQueueStore, openRows, until, useTestDatabase } from "@millrace/testing";
import { createDatabaseOutages } from "../../src/alerts/database-outages.ts";
import { createAlertEvaluation } from "../../src/alerts/evaluate.ts";
import { openQueueHarness } from "../harness/queue-harness.ts";

const THRESHOLDS = { deadLetters: 2, deadLettersMinutes: 10, waitingMinutes: 5, unfinishedMinutes: 10 };
const MINUTE = 60;
const HOUR = 60 * MINUTE;

describe("alerts", () => {
  const store = defaultQueueStore();
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  let watch: QueueWatch;
  let sandbox: ReturnType<typeof createSandboxApp>;
  let server: ReturnType<typeof serve>;
  let webhook: AlertWebhook;
  let now: Date;

  beforeEach(async () => {
    harness = await openQueueHarness(testDatabase.url, await store.url(testDatabase.url), "inbound");
    now = new Date();
    watch = createQueueWatch(harness.backend, [harness.definition], () => now);
    sandbox = createSandboxApp({ now: () => now });
    const port = await new Promise<number>((resolve) => {
      server = serve({ fetch: sandbox.fetch, port: 0, hostname: "127.0.0.1" }, (address) => resolve(address.port));
    });
    webhook = { url: `http://127.0.0.1:${port}/alerts`, format: "json", dashboardUrl: undefined };
  });
  afterEach(async () => {
    await watch.close();
    await harness.close();
    server.close();
  });

  /** The evaluation of one worker. */
  function evaluation(changes: { webhook?: AlertWebhook | undefined; watch?: QueueWatch } = {}) {
    const { database, log } = harness;
    const ports = { http: fetchHttp, log: log.log, now: () => now, newId: uuidv7 };
    const config = { thresholds: THRESHOLDS, webhook: "webhook" in changes ? changes.webhook : webhook };
    const evaluate = createAlertEvaluation({
      config,
      database,
      watch: changes.watch ?? watch,
      outages: createDatabaseOutages(ports.now, log.log),
      sendScopes: (channel, { accountId }) => [`${channel}:${accountId}`],
      ports,
    });
    return (stopping = new AbortController()) => evaluate(stopping.signal);
  }
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  /** Ends the lease of the worker that evaluated last, so that another worker can evaluate. */
  const endLease = async () => {
    const rows = openRows(testDatabase.url);
    await rows.rows("update millrace.leases set expires_at = now() where name = 'alerts'");
    await rows.close();
  };
  const notifications = async () => {
    const received = (await (await sandbox.request("/alerts")).json()) as { body: Record<string, string> }[];
    return received.map(({ body }) => `${body["rule"]} ${body["subject"]} ${body["state"]}`);
  };
  const fail = (fault: string, times = 1) =>
    sandbox.request("/_faults", {
      method: "POST",
      body: JSON.stringify({ match: { api: "alerts" }, fault, times }),
    });
  const openAlerts = async () =>
    (await createAlerts(harness.database, uuidv7).open()).map(({ rule, subject }) => `${rule} ${subject}`).sort();
  const startConsumer = async () => {
    const worker = harness.startConsumer(() => Promise.resolve({ result: "written" }));
    await until("the watch counts the worker", async () => (await watch.read())[0]?.workers === 1);
    return worker;
  };
  const pause = { scope: "fake:account:1", kind: "paused", reason: "the token is not valid" } as const;
  const pauseAccount = () => createPauses(harness.database, uuidv7).set({ ...pause, waitMs: 0 });
  const resumeAccount = () => createPauseOperations(harness.database, uuidv7).resume(pause.scope, { actor: "Bea" });
  const recordDeadLetter = (error: string) =>
    createDeadLetters(harness.database, uuidv7).record({
      queue: "fake-inbound",
      jobId: uuidv7(),
      integration: "fake",
      eventId: uuidv7(),
      kind: "fake",
      payload: { name: "Ada Lovelace" },
      errorKind: "permanent",
      error,
      attempts: 1,
      correlationId: "c",
      receivedAt: now,
      failedAt: now,
    });

  test("a queue without a worker, and its waiting jobs, raise alerts until a worker consumes it", async () => {
    const evaluate = evaluation();
    await evaluate();
    await harness.enqueue("one");
    pass(MINUTE);
    await evaluate();
    expect(await notifications()).toEqual(["no_worker fake-inbound opened"]);
    pass(5 * MINUTE);
    await evaluate();
    expect(await openAlerts()).toEqual(["no_worker fake-inbound", "queue_delayed fake-inbound"]);
    await startConsumer();
    await until("the job is done", async () => (await harness.reader.find("one")).place === "completed");
    pass(MINUTE);
    await evaluate();
    expect(await openAlerts()).toEqual([]);
    expect((await notifications()).sort()).toEqual([
      "no_worker fake-inbound closed",
      "no_worker fake-inbound opened",
      "queue_delayed fake-inbound closed",
      "queue_delayed fake-inbound opened",
    ]);
  });

  test("while the queue's store is away, its alerts stay open and other alerts still open", async () => {
    const evaluate = evaluation();
    await evaluate();
    pass(MINUTE);
    await evaluate();
    const away = openQueueBackend("postgres://127.0.0.1:1/away", "consumer", 1);
    const failingWatch = createQueueWatch(away, [harness.definition], () => now);
    await pauseAccount();
    pass(MINUTE);
    await endLease();
    await evaluation({ watch: failingWatch })();
    expect(await openAlerts()).toEqual(["account_paused fake:account:1", "no_worker fake-inbound"]);
    await failingWatch.close();
    await away.close();
  });

  test("a worker that does not watch a queue leaves the queue's alerts open", async () => {
    const evaluate = evaluation();
    await evaluate();
    pass(MINUTE);
    await evaluate();
    const other = createQueueWatch(harness.backend, [], () => now);
    pass(MINUTE);
    await endLease();
    await evaluation({ watch: other })();
    expect(await openAlerts()).toEqual(["no_worker fake-inbound"]);
    await other.close();
  });

  test("a new error and many dead letters raise one alert each, without personal data", async () => {
    await startConsumer();
    const evaluate = evaluation();
    for (const page of ["300000000000123", "300000000000456", "300000000000789"])
      await recordDeadLetter(`no tenant owns page ${page}`);
    for (let time = 0; time < 3; time += 1) {
      await evaluate();
      pass(MINUTE);
    }
    const opened = ["many_dead_letters fake-inbound opened", "new_error fake-inbound: no tenant owns page # opened"];
    expect((await notifications()).sort()).toEqual(opened);
    expect(await (await sandbox.request("/alerts")).text()).not.toMatch(/Ada|300000000000/);
    expect(harness.log.lines().filter(({ level }) => level === "error")).toMatchObject([
      { msg: "alert.opened", alert: true, rule: "new_error" },
      { msg: "alert.opened", alert: true, rule: "many_dead_letters" },
    ]);
    pass(HOUR);
    await evaluate();
    expect(await openAlerts()).toEqual([]);
    expect(await notifications()).toHaveLength(4);
    await recordDeadLetter("no tenant owns page 777");
    pass(MINUTE);
    await evaluate();
    expect(await openAlerts()).toEqual([]);
  });

  test("many workers notify once about a paused account, and once when it is resumed", async () => {
    await startConsumer();
    await pauseAccount();
    await Promise.all(Array.from({ length: 5 }, () => evaluation()()));
    pass(MINUTE);
    await endLease();
    await Promise.all(Array.from({ length: 5 }, () => evaluation()()));
    expect(await notifications()).toEqual(["account_paused fake:account:1 opened"]);
    await resumeAccount();
    pass(MINUTE);
    await endLease();
    await evaluation()();
    expect(await notifications()).toEqual([
      "account_paused fake:account:1 opened",
      "account_paused fake:account:1 closed",
    ]);
  });

  test("of many workers one evaluates at a time, and a worker with a clock an hour ahead does not delay the others", async () => {
    await startConsumer();
    await pauseAccount();
    const [ahead, other] = [evaluation(), evaluation()];
    pass(HOUR);
    await ahead();
    pass(-HOUR);
    await resumeAccount();
    await other();
    expect(await openAlerts()).toEqual(["account_paused fake:account:1"]);
    await endLease();
    await other();
    expect(await openAlerts()).toEqual([]);
  });

  test("14: an outage of a provider raises one alert after two minutes, which closes when the scope resumes", async () => {
    await startConsumer();
    const rows = openRows(testDatabase.url);
    await rows.rows(`insert into millrace.pauses (scope, kind, reason, until) values ('n8n', 'unavailable', 'HTTP 503', now());
      insert into millrace.paused_jobs (queue, job_id, scope) values ('fake-inbound', 'one', 'n8n')`);
    const evaluate = evaluation();
    await evaluate();
    expect(await openAlerts()).toEqual([]);
    for (const minutes of [2, 11, 30]) {
      await rows.rows(`update millrace.pauses set created_at = now() - interval '${minutes} min'`);
      pass(MINUTE);
      await evaluate();
    }
    expect((await createAlerts(harness.database, uuidv7).open()).map(({ summary }) => summary)).toEqual([
      "n8n is unavailable for 2 min: HTTP 503; 1 job waits",
    ]);
    await createPauseOperations(harness.database, uuidv7).resume("n8n", { actor: "ada" });
    pass(MINUTE);
    await evaluate();
    expect(await notifications()).toEqual(["scope_unavailable n8n opened", "scope_unavailable n8n closed"]);
    await rows.close();
  });

  test("a failing webhook is called with a growing backoff and receives every notification afterwards", async () => {
    await startConsumer();
    await pauseAccount();
    await fail("http_500", 2);
    const evaluate = evaluation();
    await evaluate();
    await resumeAccount();
    for (const [seconds, requests] of [
      [29, 1],
      [26, 2],
      [59, 2],
    ] as const) {
      pass(seconds);
      await evaluate();
      expect(await (await sandbox.request("/_requests")).json()).toHaveLength(requests);
    }
    expect(await notifications()).toEqual([]);
    pass(30);
    await evaluate();
    expect(await notifications()).toEqual([
      "account_paused fake:account:1 opened",
      "account_paused fake:account:1 closed",
    ]);
    expect(harness.log.lines().filter(({ msg }) => msg === "alert.notification_failed")).toMatchObject([
      { error: "HTTP 500" },
      { error: "HTTP 500" },
    ]);
  });

  test("an alert that the webhook refuses delays no other alert and is sent again later", async () => {
    await startConsumer();
    await pauseAccount();
    await fail("http_400");
    const evaluate = evaluation();
    await evaluate();
    await recordDeadLetter("no lead source");
    pass(MINUTE);
    await evaluate();
    expect(await notifications()).toEqual(["new_error fake-inbound: no lead source opened"]);
    expect(harness.log.lines().filter(({ msg }) => msg === "alert.notification_failed")).toMatchObject([
      { subject: pause.scope, state: "opened", error: "HTTP 400" },
    ]);
    await resumeAccount();
    pass(9 * MINUTE);
    await evaluate();
    expect((await notifications()).slice(1)).toEqual([
      "account_paused fake:account:1 opened",
      "account_paused fake:account:1 closed",
    ]);
  });

  test("a webhook that does not answer delays an evaluation by its deadline, and a stop not at all", async () => {
    await startConsumer();
    await pauseAccount();
    await fail("timeout", 2);
    const stopping = new AbortController();
    const { log } = harness;
    const stopped = evaluation()(stopping);
    await until("the webhook is called", async () => {
      const requests = (await (await sandbox.request("/_requests")).json()) as unknown[];
      return requests.length === 1;
    });
    stopping.abort();
    await stopped;
    expect(log.lines().some(({ msg }) => msg === "alert.notification_failed")).toBe(false);
    pass(MINUTE);
    await endLease();
    await evaluation()();
    expect(log.lines().find(({ msg }) => msg === "alert.notification_failed")).toMatchObject({
      error: "no answer within 5000 ms",
    });
    expect(await openAlerts()).toEqual(["account_paused fake:account:1"]);
  });

  test("without a webhook an alert is logged, and is sent once a webhook is configured", async () => {
    await startConsumer();
    await pauseAccount();
    await evaluation({ webhook: undefined })();
    expect(await openAlerts()).toEqual(["account_paused fake:account:1"]);
    expect(await notifications()).toEqual([]);
    pass(MINUTE);
    await endLease();
    await evaluation({ webhook: { ...webhook, format: "slack" } })();
    const received = (await (await sandbox.request("/alerts")).json()) as { body: { text: string } }[];
    expect(received.map(({ body }) => body.text)).toEqual([
      ":rotating_light: *account_paused* fake:account:1 is paused: the token is not valid",
    ]);
  });
});
