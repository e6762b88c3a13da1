import { integrations } from "@millrace/integrations";
import type { Delivery } from "@millrace/sandbox";
import type { Step } from "../plan/steps.ts";
import { PEOPLE, type Person, personOf } from "./people.ts";
import { type Content, leadWebhook, telegramUpdate, whatsappMessages, whatsappWebhook } from "./webhooks.ts";
import type { Action, WorkloadContext } from "./context.ts";

/** The update ids of steps. The first messages have smaller ones. */
const FIRST_UPDATE_ID = 10_000;

/** Steps per update id, because a batch has several. */
const IDS_PER_STEP = 10;

/** The share of texts after which the AI hands the conversation to a person. */
const ASKS_FOR_PERSON = 0.04;

/** The steps that platforms start. */
export function inboundActions(context: WorkloadContext) {
  const { seed, deployment, platform, observations, delivered } = context;

  /** Delivers a webhook, which a later step may repeat. */
  const deliver = async (delivery: Delivery) => {
    if ((await platform.deliver(delivery)) !== undefined) delivered.push(delivery);
  };
  const messageId = ({ index }: Step, nth = 0) => `wamid.${seed}.${index}.${nth}`;
  const updateId = ({ index }: Step, nth = 0) => FIRST_UPDATE_ID + index * IDS_PER_STEP + nth;
  const senderOf = (person: Person, { variant }: Step) =>
    person.userId !== undefined && variant < 0.5 ? ("userId" as const) : ("number" as const);

  /** Delivers messages of a person in the form of the platform. */
  const receive = async (step: Step, whatsapp: readonly Content[], telegram: readonly Content[]) => {
    const person = personOf(step);
    if (person.channel === "whatsapp") {
      const contents = new Map(whatsapp.map((content, nth) => [messageId(step, nth), content]));
      await deliver(whatsappMessages(person, contents, senderOf(person, step)));
    } else
      for (const [nth, content] of telegram.entries())
        await deliver(telegramUpdate(person, updateId(step, nth), content));
  };
  const receiveTexts = async (step: Step, texts: readonly string[]) => {
    // Each Telegram update is a request of its own.
    if (personOf(step).channel === "whatsapp") observations.inbound.push(texts);
    await receive(
      step,
      texts.map((body) => ({ type: "text", text: { body } })),
      texts.map((text) => ({ text })),
    );
  };

  return {
    text: (step) =>
      receiveTexts(step, [
        step.variant < ASKS_FOR_PERSON
          ? `May a human answer question <${step.index}>?`
          : `Question <${step.index}>: is it still there?`,
      ]),
    batch: (step) =>
      receiveTexts(
        step,
        ["a", "b", "c"].map((nth) => `Question <${step.index}${nth}>`),
      ),
    image: (step) =>
      receive(
        step,
        [{ type: "image", image: { id: "sandbox-media-photo", mime_type: "image/jpeg" } }],
        [{ photo: [{ file_id: "sandbox-media-photo", file_unique_id: "spl", width: 9, height: 6, file_size: 141 }] }],
      ),
    reaction: (step) =>
      receive(
        step,
        [
          {
            type: "reaction",
            reaction: { message_id: `wamid.hello.${seed}.${personOf(step).index}.number`, emoji: "👍" },
          },
        ],
        [{ text: `Question <${step.index}>: a reply`, reply_to_message: undefined }],
      ),
    async edit(step) {
      const person = personOf(step);
      if (person.channel === "telegram")
        return deliver(
          telegramUpdate(person, updateId(step), { message_id: 1_000 + person.index, text: "Hello there" }, true),
        );
      const original_message_id = `wamid.hello.${seed}.${person.index}.number`;
      const edit = { original_message_id, message: { type: "text", text: { body: "Hello there" } } };
      return deliver(whatsappMessages(person, new Map([[messageId(step), { type: "edit", edit }]]), "number"));
    },
    async redelivery({ subject }) {
      const again = delivered[Math.floor(subject * delivered.length)];
      if (again) await platform.deliver(again);
    },
    broken: (step) =>
      deliver(whatsappWebhook({ messages: [{ id: messageId(step), from: ["not", "a", "sender"], type: {} }] })),
    lead: ({ index }) => deliver(leadWebhook(`3${String(seed).padStart(6, "0")}${index}`)),
    async call({ index }) {
      const elevenlabs = integrations.find(({ id }) => id === "elevenlabs");
      // The time is part of the conversation's id.
      const at = new Date(Date.now() + index);
      const sample = elevenlabs?.samples(deployment.environment, at)["call-completed"];
      if (sample) await deliver(sample);
    },
    async merge(step) {
      const split = PEOPLE.filter(({ userId }) => userId !== undefined);
      const person = split[Math.floor(step.subject * split.length)];
      if (!person) return;
      const content = { type: "text", text: { body: `Question <${step.index}>: from both` } };
      await deliver(whatsappMessages(person, new Map([[messageId(step), content]]), "both"));
    },
  } satisfies Record<string, Action>;
}
