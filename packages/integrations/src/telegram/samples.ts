import type { Environment, Sample } from "@millrace/core";
import { sendSample } from "../shared/send/sample.ts";
import { readWebhookConfig } from "./config.ts";
import { telegramSendRoute } from "./send/route.ts";
import { SECRET_HEADER, TELEGRAM_PATHS } from "./inbound/webhook.ts";

/** Sample requests as Telegram sends them. Each call creates new updates. */
export function telegramSamples(
  environment: Environment,
  now: Date,
  { text = "Hello, is the blue one still there?", reply = "Yes, it is." }: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const secret = readWebhookConfig(environment)?.secrets[0]?.secret ?? "";
  const person = { id: 7_000_000_001, first_name: "Ada", last_name: "Sample", username: "ada_sample" };
  const from = { ...person, is_bot: false, language_code: "en" };
  const chat = { ...person, type: "private" };
  const date = Math.floor(now.getTime() / 1000);

  /** `index` makes the update ids of one call unique. */
  const sample = (index: number, update: (id: number) => Record<string, unknown>): Sample => {
    const id = now.getTime() * 10 + index;
    return {
      // The path without the secret, because the path appears in an error if no server answers.
      path: TELEGRAM_PATHS[0],
      headers: { "content-type": "application/json", [SECRET_HEADER]: secret },
      body: JSON.stringify({ update_id: id, ...update(id) }),
    };
  };
  const message = (index: number, content: Record<string, unknown>) =>
    sample(index, (message_id) => ({ message: { message_id, from, chat, date, ...content } }));

  return {
    text: message(0, { text }),
    reply: sendSample(environment, telegramSendRoute.paths[0], {
      to: { chatId: String(person.id) },
      message: { type: "text", text: reply },
    }),
    start: message(1, { text: "/start spring-sale", entities: [{ type: "bot_command", offset: 0, length: 6 }] }),
    photo: message(2, {
      photo: [
        { file_id: "sandbox-media-photo-small", file_unique_id: "sps", width: 90, height: 60, file_size: 1200 },
        { file_id: "sandbox-media-photo", file_unique_id: "spl", width: 1280, height: 853, file_size: 141 },
      ],
      caption: "This one",
    }),
    button: sample(3, (id) => ({
      callback_query: {
        id: String(id),
        from,
        message: { message_id: 1, chat, date: 0 },
        chat_instance: "1",
        data: "yes",
      },
    })),
    blocked: sample(4, () => ({
      my_chat_member: {
        chat,
        from,
        date,
        old_chat_member: { status: "member", user: from },
        new_chat_member: { status: "kicked", user: from, until_date: 0 },
      },
    })),
  };
}
