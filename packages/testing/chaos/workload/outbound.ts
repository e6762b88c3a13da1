import type { Step } from "../plan/steps.ts";
import { type Person, personOf } from "./people.ts";
import { apiRequest, modeChange } from "./webhooks.ts";
import type { Action, WorkloadContext } from "./context.ts";

/** The steps that n8n and the CRM start. */
export function outboundActions({ seed, deployment, platform, observations, conversationsOf }: WorkloadContext) {
  /** The last request of each stream: the next one starts after its 2xx. */
  const streams = new Map<string, Promise<unknown>>();

  const send = async (stream: string, person: Person, to: object, { index }: Step) => {
    const text = `Offer <${index}>`;
    const request = apiRequest(
      `/api/integrations/${person.channel}/send`,
      { to, message: { type: "text", text } },
      `${seed}-${index}`,
    );
    const response = (await platform.deliver(request)) as { eventId: string; messageIds: string[] } | undefined;
    if (!response) return;
    const { eventId, messageIds } = response;
    observations.sends.push({ stream, person: person.index, text, eventId, messageIds, at: Date.now() });
  };
  const change = async (step: Step, mode: "human" | "ai") => {
    const person = personOf(step);
    const conversations = conversationsOf(person);
    const id = conversations[Math.floor(step.variant * conversations.length)];
    // The ids of an erased person lead to no conversation.
    if (id !== undefined && !person.erasable) await platform.deliver(modeChange(id, mode, `${seed}-${step.index}`));
  };

  return {
    async send(step) {
      const person = personOf(step);
      const conversations = person.erasable ? [] : conversationsOf(person);
      const which = Math.floor(step.variant * (conversations.length + 1));
      const conversationId = conversations[which];
      const byAddress = person.channel === "telegram" ? { chatId: person.address } : { phone: `+${person.address}` };
      // A person with two contacts has two addresses and two streams. The others have one stream for all forms of the recipient.
      const stream =
        person.userId === undefined ? String(person.index) : `${person.index} ${conversationId ?? "phone"}`;
      const next = (streams.get(stream) ?? Promise.resolve()).then(() =>
        send(stream, person, conversationId === undefined ? byAddress : { conversationId }, step),
      );
      streams.set(
        stream,
        next.catch(() => undefined),
      );
      await next;
    },
    takeover: (step) => change(step, "human"),
    "hand-back": (step) => change(step, "ai"),
    async won({ subject }) {
      const leads = await deployment.observer
        .rows<{ id: string }>("select id from leads order by id")
        .catch((): { id: string }[] => []);
      const lead = leads[Math.floor(subject * leads.length)];
      if (lead) await platform.deliver(apiRequest(`/api/leads/${lead.id}/won`, { value: "49.90", currency: "EUR" }));
    },
  } satisfies Record<string, Action>;
}
