import { setTimeout as wait } from "node:timers/promises";
import { until } from "../../src/servers/index.ts";
import type { Step, StepKind } from "../plan/steps.ts";
import { operatorActions } from "./operator.ts";
import { PEOPLE, type Person } from "./people.ts";
import type { Action, WorkloadContext } from "./context.ts";
import { inboundActions } from "./inbound.ts";
import { outboundActions } from "./outbound.ts";
import { whatsappMessages, telegramUpdate } from "./webhooks.ts";

/** Time for the first messages to arrive in the tables, in ms. */
const OPENING_DEADLINE_MS = 60_000;

/** Opens a conversation with each person, without a fault. */
export async function openConversations(context: Omit<WorkloadContext, "conversationsOf" | "delivered">) {
  const { seed, deployment, platform } = context;
  const hellos = PEOPLE.flatMap((person) => {
    if (person.channel === "telegram") return [telegramUpdate(person, 1_000 + person.index, { text: "Hello" })];
    const senders = person.userId === undefined ? (["number"] as const) : (["number", "userId"] as const);
    return senders.map((sender) => {
      const id = `wamid.hello.${seed}.${person.index}.${sender}`;
      return whatsappMessages(person, new Map([[id, { type: "text", text: { body: "Hello" } }]]), sender);
    });
  });
  await Promise.all(hellos.map((hello) => platform.deliver(hello)));
  const rows = await until(
    "a conversation with each person",
    async () => {
      const found = await deployment.observer.rows<{ address: string; id: string }>(
        `select i.external_id as address, c.id from conversations c
         join contact_identities i on i.contact_id = c.contact_id and i.channel = c.channel`,
      );
      return found.length === hellos.length && found;
    },
    OPENING_DEADLINE_MS,
  );
  return (person: Person) =>
    rows.filter(({ address }) => address === person.address || address === person.userId).map(({ id }) => id);
}

/** Does the steps at their times. Resolves when the last one has begun, with a promise of the end of all. */
export async function runSteps(steps: readonly Step[], context: WorkloadContext): Promise<{ ended: Promise<unknown> }> {
  const actions: Record<StepKind, Action> = {
    ...inboundActions(context),
    ...outboundActions(context),
    ...operatorActions(context),
  };
  const startedAt = performance.now();
  const running: Promise<unknown>[] = [];
  for (const step of steps) {
    await wait(Math.max(0, startedAt + step.at - performance.now()));
    running.push(actions[step.kind](step));
  }
  return { ended: Promise.all(running) };
}
