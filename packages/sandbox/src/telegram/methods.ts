import { badRequest, Refusal } from "./responses.ts";
import type { Call } from "./call.ts";
import { chatOf } from "./chats.ts";
import { type MethodContext, sendAlbum, sendFile, sendLocation, sendText } from "./send.ts";

/** A method: its result, or a {@link Refusal} thrown. */
type Method = (call: Call, context: MethodContext) => unknown;

/** https://core.telegram.org/bots/api#sendchataction */
const ACTION =
  /^(?:typing|upload_(?:photo|video|voice|document|video_note)|record_(?:video|voice|video_note)|choose_sticker|find_location)$/;

/** Names of methods are not case-sensitive. */
const METHODS: Readonly<Record<string, Method>> = {
  getme: (_call, { bot }) => ({
    id: bot.id,
    is_bot: true,
    first_name: "Sandbox",
    username: `${bot.name.replaceAll("-", "_")}_bot`,
    can_join_groups: true,
  }),
  setwebhook({ parameters: { url } }) {
    if (url !== undefined && url !== "" && !String(url).startsWith("https://"))
      throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
    return true;
  },
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
    if (!ACTION.test(String(parameters["action"]))) throw badRequest("wrong parameter action in request");
    return done(call, context);
  },
  answercallbackquery(call, context) {
    const { parameters } = call;
    if (!parameters["callback_query_id"])
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    return done(call, context);
  },
  setmessagereaction(call, context) {
    const { parameters } = call;
    chatOf(parameters["chat_id"]);
    if (!(Number(parameters["message_id"]) > 0)) throw badRequest("message to react not found");
    return done(call, context);
  },
  getfile: ({ parameters }, { files }) => files.locate(parameters["file_id"]),
};

function done({ method, parameters }: Call, { bot, actions }: MethodContext): true {
  actions.record({ channel: "telegram", account: bot.name, action: method, content: parameters });
  return true;
}

/** Carries out a call. Throws {@link Refusal}. */
export async function carryOut(call: Call, context: MethodContext): Promise<unknown> {
  const method = METHODS[call.method.toLowerCase()];
  if (!method) throw new Refusal({ status: 404, description: "Not Found: method not found" });
  return method(call, context);
}
