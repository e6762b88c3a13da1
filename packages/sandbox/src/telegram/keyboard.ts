import { badRequest } from "./responses.ts";

/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
const MAX_CALLBACK_DATA_BYTES = 64;

/** Validates the inline keyboard of a message. Throws TelegramApiError. */
export function checkKeyboard(markup: unknown): void {
  if (typeof markup !== "object" || markup === null || !("inline_keyboard" in markup)) return;
  const { inline_keyboard: rows } = markup;
  if (!Array.isArray(rows) || !rows.every(Array.isArray))
    throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
  for (const button of rows.flat() as Record<string, unknown>[]) {
    const { text, callback_data: data, ...kinds } = button;
    if (typeof text !== "string" || text === "")
      throw badRequest("can't parse inline keyboard button: Can't find field \"text\"");
    if (data === undefined && Object.keys(kinds).length === 0)
      throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    if (data === undefined) continue;
    const bytes = Buffer.byteLength(String(data));
    if (bytes < 1 || bytes > MAX_CALLBACK_DATA_BYTES) throw badRequest("BUTTON_DATA_INVALID");
  }
}
