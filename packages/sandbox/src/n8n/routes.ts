import { type Context, Hono } from "hono";
import { hmacSha256Hex, type Now } from "@millrace/core";
import type { Deliver } from "../webhooks/deliver.ts";
import { createHeld } from "../deferred-work.ts";
import type { SandboxParts } from "../deps.ts";
import { type Reply, replyTo } from "./ai.ts";
import { delayOf, faultResponse, isN8nFault, isStarted, notRegistered } from "./faults.ts";
import { type Question, question } from "./question.ts";

/** A question that came, with its headers but for what would let anybody in. */
export type AskedQuestion = { at: string; headers: Record<string, string>; question: unknown };

/** n8n with one active workflow: its routes, and what a test may do with it. */
export type N8n = { routes: Hono; release(): number; asked(): readonly AskedQuestion[]; forget(): void };

/** The path of the workflow's webhook. */
const WORKFLOW = "millrace";

/** How many questions are remembered at least: a sandbox that runs for days must not grow. */
const MEMORY = 20_000;

/** How the AI's answers get back. Without a secret there are none. */
export type Answering = { deliver: Deliver; secret: string; delayMs: number };

/** {@link N8n} whose AI answers by `answering`, if it does. */
export function createN8n({ now, faults, requests }: SandboxParts, answering: Answering | undefined): N8n {
  const held = createHeld();
  let asked: AskedQuestion[] = [];

  const start = (given: Question, fault: string | undefined) => {
    if (!answering || fault === "no_answer") return;
    const reply = replyTo(given, fault === "answer_several");
    const answer = () => {
      for (let time = 0; time < (fault === "answer_twice" ? 2 : 1); time++) void post(reply, answering, now);
    };
    if (fault === "slow") held.hold(answer);
    else setTimeout(answer, delayOf(fault) || answering.delayMs).unref();
  };

  const ask = async (c: Context): Promise<Response> => {
    const body: unknown = await c.req.json().catch(() => undefined);
    const parsed = question.safeParse(body);
    const { data } = parsed;
    const facts = { api: "n8n", conversationId: data?.conversation.id, turnId: data?.turnId };
    const fault = faults.take(facts, isN8nFault, () => data?.turnId ?? JSON.stringify(body));
    requests.record(c.req.method, c.req.url, true);
    const { authorization, ...headers } = c.req.header();
    asked.push({
      at: now().toISOString(),
      headers: { ...headers, ...(authorization ? { authorization: "kept secret" } : {}) },
      question: body,
    });
    if (asked.length >= 2 * MEMORY) asked = asked.slice(-MEMORY);
    // A workflow that cannot read its question is started all the same, and fails by itself.
    if (data && isStarted(fault)) start(data, fault);
    return faultResponse(fault, WORKFLOW, c.req.raw.signal) ?? c.json({ message: "Workflow was started" });
  };

  const routes = new Hono()
    .post(`/webhook/${WORKFLOW}`, ask)
    .get(`/webhook/${WORKFLOW}`, (c) => {
      const message = "This webhook is not registered for GET requests. Did you mean to make a POST request?";
      return c.json({ code: 404, message, hint: "" }, 404);
    })
    .all("/*", (c) => notRegistered(c.req.method, c.req.path.replace(/^\/n8n\/webhook(?:-test)?\//, "")));
  return {
    routes,
    release: () => held.release(),
    asked: () => asked,
    forget() {
      asked = [];
    },
  };
}

/** Posts an answer, signed over its time and bytes. One that is not taken is lost, as when a workflow's last try fails. */
async function post({ path, body: content }: Reply, { deliver, secret }: Answering, now: Now): Promise<void> {
  const body = JSON.stringify(content);
  const timestamp = String(Math.floor(now().getTime() / 1000));
  const signature = `sha256=${hmacSha256Hex(secret, Buffer.from(`${timestamp}.${body}`))}`;
  const headers = { "content-type": "application/json", "x-timestamp": timestamp, "x-signature": signature };
  try {
    await deliver({ path, headers, body });
  } catch {
    // It is for Millrace to find out.
  }
}
