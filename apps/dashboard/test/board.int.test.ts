import { appRoutes } from "@bull-board/api/dist/routes.js";
import { createTestDatabase, queueStores, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";

const SECRET = "EAAGm0PX4ZCpsBAKZBd7kq2wLQ";

describe.each(queueStores())("the board on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let dashboard: DashboardServer;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());
  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(testDatabase.url), testDatabase.url);
  });
  afterEach(() => dashboard.close());

  const add = (jobId: string, data: unknown = {}, options = {}) =>
    dashboard.queue.add("message", data, { jobId, ...options });
  const fail = (jobId: string) =>
    dashboard.work(jobId, async () => {
      throw new Error(`refused with Bearer ${SECRET}`);
    });

  describe("looking:", () => {
    test("every queue is listed with the number of its jobs, of a paused one too", async () => {
      await add("one");
      await add("later", {}, { delay: 3_600_000 });
      const counts = async () =>
        ((await (await dashboard.ask("GET", "/api/queues")).json()) as { queues: unknown }).queues;
      const listed = [
        { name: "dead-letters", counts: { failed: 0 } },
        { name: QUEUE, counts: { waiting: 1, delayed: 1, failed: 0 }, allowCompletedRetries: false },
      ];
      expect(await counts()).toMatchObject(listed);
      await dashboard.queue.pause();
      expect(await counts()).toMatchObject(listed);
    });

    test("10: no answer of the API holds a secret, and the job keeps it", async () => {
      const data = {
        name: "Ada Sample",
        payload: [{ headers: { authorization: SECRET }, url: `/me?access_token=${SECRET}` }],
      };
      const job = await add("secret", data);
      await job.log(`called with Bearer ${SECRET}`);
      await job.updateProgress({ token: SECRET });
      await fail("secret");
      await add("done", data);
      await dashboard.work("done", async () => ({ access_token: SECRET }));

      const paths = ["failed", "completed", "latest"].map(
        (status) => `/api/queues?activeQueue=${QUEUE}&status=${status}`,
      );
      for (const id of ["secret", "done"])
        paths.push(...["", "/logs", "/flow"].map((end) => `/api/queues/${QUEUE}/${id}${end}`));
      const answers = await Promise.all(paths.map(async (path) => (await dashboard.ask("GET", path)).text()));
      expect(answers.join("\n")).not.toContain(SECRET);
      for (const shown of ["Ada Sample", "Bearer [redacted]", "access_token=[redacted]"])
        expect(answers.join("\n")).toContain(shown);
      expect((await dashboard.queue.getJob("secret"))?.data).toEqual(data);
    });
  });

  describe("changing:", () => {
    test("a failed job that has no dead letter yet is not run again", async () => {
      await add("broken");
      expect(await fail("broken")).toBe("failed");
      expect((await dashboard.ask("PUT", `/api/queues/${QUEUE}/broken/retry`)).status).toBe(409);
      expect(await (await dashboard.ask("PUT", `/api/queues/${QUEUE}/retry/failed`)).json()).toMatchObject({
        retried: 0,
      });
      expect(await dashboard.queue.getJobState("broken")).toBe("failed");
    });

    test.each([`/api/queues/${QUEUE}/later/promote`, `/api/queues/${QUEUE}/promote`])(
      "a delayed job is run now by PUT %s",
      async (path) => {
        await add("later", {}, { delay: 3_600_000 });
        expect((await dashboard.ask("PUT", path)).ok).toBe(true);
        expect(await dashboard.queue.getJobState("later")).toBe("waiting");
      },
    );

    test.each([`/api/queues/${QUEUE}/done/retry`, `/api/queues/${QUEUE}/retry/completed`])(
      "a completed job is not run again by PUT %s",
      async (path) => {
        await add("done");
        await dashboard.work("done", async () => "done");
        expect((await dashboard.ask("PUT", path)).ok).toBe(false);
        expect(await dashboard.queue.getJobState("done")).toBe("completed");
      },
    );

    const offered = /\/(?:pause|resume|promote)$|\/retry\/:queueStatus$|\/:jobId\/retry$/;
    const refused = appRoutes.api.flatMap(({ method, route }) =>
      [route]
        .flat()
        .flatMap((path) => (method === "get" || offered.test(path) ? [] : [{ method: String(method), path }])),
    );

    test.each(refused)("2: $method $path is refused, and every job is still there", async ({ method, path }) => {
      await add("broken");
      await fail("broken");
      await add("waits", { name: "Ada" });
      await add("later", {}, { delay: 3_600_000 });
      const before = await dashboard.queue.getJobCounts();
      for (const [jobId, queueStatus] of [
        ["broken", "failed"],
        ["waits", "wait"],
        ["later", "delayed"],
      ] as const) {
        const filled = path.replace(":queueName", QUEUE).replace(":jobId", jobId).replace(":queueStatus", queueStatus);
        const response = await dashboard.ask(method.toUpperCase(), filled.replace(":schedulerId", "nightly"));
        expect(response.status).toBe(403);
        expect(response.headers.get("content-type")).toBe("application/problem+json");
      }
      expect(await dashboard.queue.getJobCounts()).toEqual(before);
      expect((await dashboard.queue.getJob("waits"))?.data).toEqual({ name: "Ada" });
    });

    test("there are routes to refuse", () => expect(refused.length).toBeGreaterThan(10));

    test("each change is one line in the log, also when it is refused", async () => {
      await add("broken");
      await fail("broken");
      await dashboard.ask("GET", "/api/queues");
      await dashboard.ask("PUT", `/api/queues/${QUEUE}/broken/clean`);
      await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`);
      const changes = dashboard.logged.lines().filter(({ msg }) => msg === "dashboard.change");
      const common = { who: "grace", method: "PUT", queue: QUEUE };
      expect(changes).toMatchObject([
        { ...common, jobId: "broken", route: "/api/queues/:queueName/:jobId/clean", status: 403, level: "warn" },
        { ...common, route: "/api/queues/:queueName/pause", status: 200, level: "info" },
      ]);
    });
  });
});
