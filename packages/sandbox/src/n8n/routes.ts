import { type Context, Hono } from "hono";
import { hmacSha256Hex, type Now } from "@millrace/core";
import type { Deliver } from "../webhooks/deliver.ts";
import { createDeferredWork } from "../deferred-work.ts";
import type { SandboxDeps } from "../deps.ts";
import { type Reply, replyTo } from "./ai.ts";
import { delayOf, faultResponse, isN8nFault, isStarted, notRegistered } from "./faults.ts";
import { type Question, question } from "./question.ts";

/** A question with its headers. The `authorization` header is redacted. */
export type AskedQuestion = { at: string; headers: Record<string, string>; question: unknown };

/** n8n with one active workflow. */
export type N8n = {
  routes: Hono;
  /** Sends the slow answers and returns their number. */
  release(): number;
  /** Returns the questions, oldest first. */
  asked(): readonly AskedQuestion[];
  /** Deletes the questions. */
  clear(): void;
};

/** The path of the workflow's webhook. */
const WORKFLOW = "millrace";

/** At least this many questions are kept. It bounds the memory of a sandbox that runs for days. */
const MIN_KEPT = 20_000;

/** How the AI's answers reach Millrace: the secret that signs them, and their delay in ms. */
export type AnswerDelivery = { deliver: Deliver; secret: string; delayMs: number };

/** Creates {@link N8n}. Without `delivery` the AI does not answer. */
export function createN8n({ now, faults, requests }: SandboxDeps, delivery: AnswerDelivery | undefined): N8n {
  const deferred = createDeferredWork();
  let asked: AskedQuestion[] = [];

  const start = (data: Question, fault: string | undefined) => {
    if (!delivery || fault === "no_answer") return;
    const reply = replyTo(data, fault === "answer_several");
    const answer = () => {
      for (let time = 0; time < (fault === "answer_twice" ? 2 : 1); time++) void post(reply, delivery, now);
    };
    if (fault === "slow") deferred.defer(answer);
    else setTimeout(answer, delayOf(fault) || delivery.delayMs).unref();
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
      headers: { ...headers, ...(authorization ? { authorization: "[redacted]" } : {}) },
      question: body,
    });
    if (asked.length >= 2 * MIN_KEPT) asked = asked.slice(-MIN_KEPT);
    // n8n does not validate questions: a workflow with an invalid question starts and fails later.
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
    release: () => deferred.release(),
    asked: () => asked,
    clear() {
      asked = [];
    },
  };
}

/** Posts an answer with a signature of its timestamp and body. As at n8n, an answer is lost when all attempts fail. */
async function post({ path, body: content }: Reply, { deliver, secret }: AnswerDelivery, now: Now): Promise<void> {
  const body = JSON.stringify(content);
  const timestamp = String(Math.floor(now().getTime() / 1000));
  const signature = `sha256=${hmacSha256Hex(secret, Buffer.from(`${timestamp}.${body}`))}`;
  const headers = { "content-type": "application/json", "x-timestamp": timestamp, "x-signature": signature };
  try {
    await deliver({ path, headers, body });
  } catch {
    // Millrace detects the missing answer by its own timeout.
  }
}
