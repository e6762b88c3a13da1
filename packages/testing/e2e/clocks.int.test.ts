import { expect, onTestFinished, test } from "vitest";
import { defaultQueueStore, until } from "../src/index.ts";
import { startSendingHarness } from "./sending-harness.ts";

const MINUTES_10 = 600_000;

/** Telegram allows one message a second in a chat, after a few at once. */
const MESSAGES = 10;

/** Node's options for a process with a clock that differs from this machine's. */
function clockShiftedBy(ms: number): Record<string, string> {
  const script = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...args) { if (args.length > 0) super(...args); else super(Real.now() + ${ms}); }
    static now() { return Real.now() + ${ms}; }
  };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

test("14: a worker with a clock 10 min ahead and one 10 min behind neither stop a chat nor exceed its rate limit", async () => {
  const harness = await startSendingHarness(defaultQueueStore());
  onTestFinished(harness.close);
  await Promise.all([
    harness.startWorker(clockShiftedBy(MINUTES_10)),
    harness.startWorker(clockShiftedBy(-MINUTES_10)),
  ]);
  const texts = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);
  for (const [index, text] of texts.entries())
    await harness.send("telegram", { chatId: "7000000001" }, text, `clock-${index}`);
  await until("every message is sent", async () => (await harness.sentCount("telegram")) === MESSAGES, 150_000);
  expect((await harness.sentMessages("telegram")).map(({ text }) => text)).toEqual(texts);
  expect(await harness.sandbox("/_limits")).toEqual({ enforced: true, refused: {} });
}, 240_000);
