import { appRoutes } from "@bull-board/api/dist/routes.js";
import { queueStores, useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";

const SECRET = "EAAGm0PX4ZCpsBAKZBd7kq2wLQ";

describe.each(queueStores())("the board on $kind:", (store) => {
  const database = useTestDatabase();
  let dashboard: DashboardServer;

  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(database.url), database.url);
  });
  afterEach(() => dashboard.close());

  const add = (jobId: string, data: unknown = {}, options = {}) =>
    dashboard.queue.add("message", data, { jobId, ...options });
  const fail = (jobId: string) =>
    dashboard.work(jobId, async () => {
      throw new Error(`refused with Bearer ${SECRET}`);
    });

  describe("reading:", () => {
    test("every queue is listed with its counts, also while it is paused", async () => {
      await add("one");
      await add("later", {}, { delay: 3_600_000 });
      const counts = async () =>
        ((await (await dashboard.request("GET", "/api/queues")).json()) as { queues: unknown }).queues;
      const listed = [
        { name: "dead-letters", counts: { failed: 0 } },
        { name: QUEUE, counts: { waiting: 1, delayed: 1, failed: 0 }, allowCompletedRetries: false },
      ];
      expect(await counts()).toMatchObject(listed);
      await dashboard.queue.pause();
      expect(await counts()).toMatchObject(listed);
    });

    test("10: no response of the API contains a secret, and the job keeps it", async () => {
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
      const responses = await Promise.all(paths.map(async (path) => (await dashboard.request("GET", path)).text()));
      expect(responses.join("\n")).not.toContain(SECRET);
      for (const shown of ["Ada Sample", "Bearer [redacted]", "access_token=[redacted]"])
        expect(responses.join("\n")).toContain(shown);
      expect((await dashboard.queue.getJob("secret"))?.data).toEqual(data);
    });
  });

  describe("changing:", () => {
    test("a failed job without a dead letter is not retried", async () => {
      await add("broken");
      expect(await fail("broken")).toBe("failed");
      expect((await dashboard.request("PUT", `/api/queues/${QUEUE}/broken/retry`)).status).toBe(409);
      expect(await (await dashboard.request("PUT", `/api/queues/${QUEUE}/retry/failed`)).json()).toMatchObject({
        retried: 0,
      });
      expect(await dashboard.queue.getJobState("broken")).toBe("failed");
    });

    test.each([`/api/queues/${QUEUE}/later/promote`, `/api/queues/${QUEUE}/promote`])(
      "PUT %s promotes a delayed job",
      async (path) => {
        await add("later", {}, { delay: 3_600_000 });
        expect((await dashboard.request("PUT", path)).ok).toBe(true);
        expect(await dashboard.queue.getJobState("later")).toBe("waiting");
      },
    );

    test.each([`/api/queues/${QUEUE}/done/retry`, `/api/queues/${QUEUE}/retry/completed`])(
      "PUT %s does not retry a completed job",
      async (path) => {
        await add("done");
        await dashboard.work("done", async () => "done");
        expect((await dashboard.request("PUT", path)).ok).toBe(false);
        expect(await dashboard.queue.getJobState("done")).toBe("completed");
      },
    );

    const offered = /\/(?:pause|resume|promote)$|\/retry\/:queueStatus$|\/:jobId\/retry$/;
    const rejected = appRoutes.api.flatMap(({ method, route }) =>
      [route]
        .flat()
        .flatMap((path) => (method === "get" || offered.test(path) ? [] : [{ method: String(method), path }])),
    );

    test.each(rejected)("2: $method $path is rejected, and every job remains", async ({ method, path }) => {
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
        const response = await dashboard.request(method.toUpperCase(), filled.replace(":schedulerId", "nightly"));
        expect(response.status).toBe(403);
        expect(response.headers.get("content-type")).toBe("application/problem+json");
      }
      expect(await dashboard.queue.getJobCounts()).toEqual(before);
      expect((await dashboard.queue.getJob("waits"))?.data).toEqual({ name: "Ada" });
    });

    test("Bull Board has routes to reject", () => expect(rejected.length).toBeGreaterThan(10));

    test("each change is one line in the log, also when it is rejected", async () => {
      await add("broken");
      await fail("broken");
      await dashboard.request("GET", "/api/queues");
      await dashboard.request("PUT", `/api/queues/${QUEUE}/broken/clean`);
      await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`);
      const changes = dashboard.logged.lines().filter(({ msg }) => msg === "dashboard.change");
      const common = { operator: "grace", method: "PUT", queue: QUEUE };
      expect(changes).toMatchObject([
        { ...common, jobId: "broken", route: "/api/queues/:queueName/:jobId/clean", status: 403, level: "warn" },
        { ...common, route: "/api/queues/:queueName/pause", status: 200, level: "info" },
      ]);
    });
  });
});
