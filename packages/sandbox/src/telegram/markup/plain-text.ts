import { badRequest } from "../responses.ts";
import { htmlToPlainText } from "./html.ts";
import { markdownToPlainText, markdownV2ToPlainText } from "./markdown.ts";

/** Returns the text that the recipient sees. Throws TelegramApiError if the markup is invalid. */
export function plainText(text: string, parseMode: unknown): string {
  switch (typeof parseMode === "string" ? parseMode.toLowerCase() : "") {
    case "":
      return text.trim();
    case "html":
      return htmlToPlainText(text).trim();
    case "markdown":
      return markdownToPlainText(text).trim();
    case "markdownv2":
      return markdownV2ToPlainText(text).trim();
    default:
      throw badRequest("unsupported parse_mode");
  }
}
