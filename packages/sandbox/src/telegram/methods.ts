import { badRequest, TelegramApiError } from "./responses.ts";
import type { Call } from "./call.ts";
import { chatOf } from "./chats.ts";
import { type MethodContext, sendAlbum, sendFile, sendLocation, sendText } from "./send.ts";

/** A method returns its result or throws {@link TelegramApiError}. */
type Method = (call: Call, context: MethodContext) => unknown;

/** https://core.telegram.org/bots/api#sendchataction */
const CHAT_ACTION =
  /^(?:typing|upload_(?:photo|video|voice|document|video_note)|record_(?:video|voice|video_note)|choose_sticker|find_location)$/;

/** The methods by their names in lower case, because names are not case-sensitive. */
const METHODS: Readonly<Record<string, Method>> = {
  getme: (_call, { bot }) => ({
    id: bot.id,
    is_bot: true,
    first_name: "Sandbox",
    username: `${bot.name.replaceAll("-", "_")}_bot`,
    can_join_groups: true,
  }),
  setwebhook: ({ parameters: { url } }, { bot, webhooks }) => webhooks.set(bot.name, url),
  getwebhookinfo: (_call, { bot, webhooks }) => webhooks.info(bot.name),
  sendmessage: sendText,
  sendphoto: (call, context) => sendFile("photo", call, context),
  senddocument: (call, context) => sendFile("document", call, context),
  sendaudio: (call, context) => sendFile("audio", call, context),
  sendvideo: (call, context) => sendFile("video", call, context),
  sendvoice: (call, context) => sendFile("voice", call, context),
  sendlocation: sendLocation,
  sendmediagroup: sendAlbum,
  sendchataction(call, context) {
    const { parameters } = call;
    chatOf(parameters["chat_id"]);
    if (!CHAT_ACTION.test(String(parameters["action"]))) throw badRequest("wrong parameter action in request");
    return logAction(call, context);
  },
  answercallbackquery(call, context) {
    const { parameters } = call;
    if (!parameters["callback_query_id"])
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    return logAction(call, context);
  },
  setmessagereaction(call, context) {
    const { parameters } = call;
    chatOf(parameters["chat_id"]);
    if (!(Number(parameters["message_id"]) > 0)) throw badRequest("message to react not found");
    return logAction(call, context);
  },
  getfile: ({ parameters }, { files }) => files.locate(parameters["file_id"]),
};

function logAction({ method, parameters }: Call, { bot, actions }: MethodContext): true {
  actions.record({ channel: "telegram", account: bot.name, action: method, content: parameters });
  return true;
}

/** Calls a method and returns its result. Throws {@link TelegramApiError}. */
export async function callMethod(call: Call, context: MethodContext): Promise<unknown> {
  const method = METHODS[call.method.toLowerCase()];
  if (!method) throw new TelegramApiError({ status: 404, description: "Not Found: method not found" });
  return method(call, context);
}
