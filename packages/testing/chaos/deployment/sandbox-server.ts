import { serve } from "@hono/node-server";
import { systemNow } from "@millrace/core";
import { createSandboxApp, type Delivery, type SentMessage } from "@millrace/sandbox";
import { secrets } from "../../e2e/simulated-platform.ts";

/** A conversion that Google accepted. `reason` is why it does not count. */
export type AcceptedConversion = { transactionId?: string; reason?: string };

/** A question to the AI. */
export type AskedQuestion = {
  turnId: string;
  conversation: { id: string };
  contact: { name: string | null };
  messages: readonly { direction: string; text: string | null }[];
};

/** The providers. They run in this process, so that what they received does not depend on any process that a fault ends. */
export type SandboxServer = {
  port: number;
  addFault(fault: object): Promise<void>;
  /** Ends the faults that were added, and starts the usual ones: some statuses and answers arrive late or twice. */
  resetFaults(): Promise<void>;
  sent(): Promise<readonly SentMessage[]>;
  conversions(): Promise<readonly AcceptedConversion[]>;
  questions(): Promise<readonly AskedQuestion[]>;
  close(): Promise<void>;
};

/** How long the AI takes for an answer that arrives late, in ms. */
export const LATE_ANSWER_MS = 3_000;

/** Faults of the whole run. Platforms and n8n promise neither an order nor that something arrives once. */
const USUAL_FAULTS = [
  { match: { api: "whatsapp" }, fault: "status_reordered", share: 0.1 },
  { match: { api: "whatsapp" }, fault: "status_twice", share: 0.1 },
  { match: { api: "n8n" }, fault: "answer_twice", share: 0.05 },
  { match: { api: "n8n" }, fault: `answer_late:${LATE_ANSWER_MS}`, share: 0.05 },
];

/** How long the AI takes to answer, in ms. */
const THINK_MS = 150;

/** How long Google takes to process conversions, in ms. */
const PROCESSING_MS = 1_000;

/** Starts the sandbox. `deliver` gets the webhooks of the platforms and the answers of n8n. */
export async function startSandboxServer(deliver: (delivery: Delivery) => Promise<void>): Promise<SandboxServer> {
  const app = createSandboxApp({
    now: systemNow,
    deliver,
    whatsappAppSecret: secrets.WHATSAPP_APP_SECRET,
    n8nSecret: secrets.N8N_WEBHOOK_SECRET,
    thinkMs: THINK_MS,
    processingMs: PROCESSING_MS,
  });
  let server: ReturnType<typeof serve> | undefined;
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => resolve(address.port));
  });
  const read = async <T>(path: string) => (await (await app.request(path)).json()) as T;
  const addFault = async (fault: object) => {
    const response = await app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
    if (!response.ok) throw new Error(`the sandbox has no such fault: ${JSON.stringify(fault)}`);
  };
  const resetFaults = async () => {
    await app.request("/_faults", { method: "DELETE" });
    for (const fault of USUAL_FAULTS) await addFault(fault);
  };
  await resetFaults();
  return {
    port,
    addFault,
    resetFaults,
    sent: () => read<SentMessage[]>("/_sent"),
    conversions: () => read<AcceptedConversion[]>("/_conversions"),
    async questions() {
      const asked = await read<{ question: AskedQuestion }[]>("/_n8n/asked");
      return asked.map(({ question }) => question);
    },
    close: () => new Promise((resolve) => (server ? server.close(() => resolve()) : resolve())),
  };
}
