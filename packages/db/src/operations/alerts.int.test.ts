import { afterEach, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { alerts as table } from "../schema/index.ts";
import { type AlertStore, createAlerts } from "./alerts.ts";

const database = useDatabase();
let alerts: AlertStore;

beforeAll(async () => {
  alerts = createAlerts(database, uuidv7);
});

afterEach(async () => {
  await database.orm.delete(table);
});

const PAUSED = { rule: "account_paused", subject: "meta:page:1", summary: "meta:page:1 is paused" };
const minute = (number: number) => new Date(Date.UTC(2026, 2, 1, 9, number));
const tenTimes = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 10 }, work));

test("of many workers that detect one condition, one opens the alert and one closes it", async () => {
  const raised = await tenTimes(() => alerts.openFor([PAUSED], minute(0)));
  expect(raised.flat()).toMatchObject([{ ...PAUSED, openedAt: minute(0), closedAt: null }]);
  const ids = (await alerts.open()).map(({ id }) => id);
  expect(ids).toHaveLength(1);
  const closed = await tenTimes(() => alerts.close(ids, minute(1)));
  expect(closed.flat()).toMatchObject([{ ...PAUSED, closedAt: minute(1) }]);
  expect(await alerts.open()).toEqual([]);
});

test("a condition that returns opens a new alert", async () => {
  const [first] = await alerts.openFor([PAUSED], minute(0));
  await alerts.close([first?.id ?? ""], minute(1));
  const [second] = await alerts.openFor([PAUSED], minute(2));
  expect(second?.id).not.toBe(first?.id);
});

test("a notification stays pending until the webhook accepts it, for at most a day after the end", async () => {
  const [alert] = await alerts.openFor([PAUSED], minute(0));
  const id = alert?.id ?? "";
  const untold = async (at: Date) => (await alerts.pendingNotifications(at, 10)).length;
  expect(await untold(minute(1))).toBe(1);
  await alerts.markNotified(id, "opened", minute(1));
  expect(await untold(minute(1))).toBe(0);
  await alerts.close([id], minute(2));
  expect(await untold(minute(3))).toBe(1);
  expect(await untold(minute(2 + 24 * 60))).toBe(0);
  await alerts.markNotified(id, "closed", minute(3));
  expect(await untold(minute(3))).toBe(0);
});
