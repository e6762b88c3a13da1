import { expect, onTestFinished, test } from "vitest";
import { defaultQueueStore, until } from "../src/index.ts";
import { type SendingHarness, startSendingHarness } from "./sending-harness.ts";

const MINUTES_10 = 600_000;

/** Telegram allows one message a second in a chat, after a few at once. */
const MESSAGES = 6;

/** Node's options for a process with a clock that differs from this machine's. */
function clockShiftedBy(ms: number): Record<string, string> {
  const script = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...args) { if (args.length > 0) super(...args); else super(Real.now() + ${ms}); }
    static now() { return Real.now() + ${ms}; }
  };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

test("14: a worker with a clock 10 min ahead or behind neither stops a chat for the next worker nor exceeds its rate limit", async () => {
  const harness = await startSendingHarness(defaultQueueStore());
  onTestFinished(harness.close);
  const texts: string[] = [];
  for (const shiftMs of [MINUTES_10, -MINUTES_10, 0]) {
    const worker = await harness.startWorker(clockShiftedBy(shiftMs));
    for (let index = 0; index < MESSAGES; index += 1) {
      const text = `${shiftMs}.${index}`;
      texts.push(text);
      await harness.send("telegram", { chatId: "7000000001" }, text, `clock-${text}`);
    }
    await until("every message is sent", async () => (await recordedCount(harness)) === texts.length, 60_000);
    await worker.stop();
  }
  expect((await harness.sentMessages("telegram")).map(({ text }) => text)).toEqual(texts);
  expect(await harness.sandbox("/_limits")).toEqual({ enforced: true, refused: {} });
}, 300_000);

async function recordedCount({ rows }: SendingHarness): Promise<number> {
  const [row] = await rows.rows<{ sent: number }>("select count(*)::int as sent from messages where status = 'sent'");
  return row?.sent ?? 0;
}
