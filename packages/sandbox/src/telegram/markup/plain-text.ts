import { badRequest } from "../responses.ts";
import { plainOfHtml } from "./html.ts";
import { plainOfMarkdown, plainOfMarkdownV2 } from "./markdown.ts";

/** The text that the person reads. Throws a Refusal where the markup does not add up. */
export function plainText(text: string, parseMode: unknown): string {
  switch (typeof parseMode === "string" ? parseMode.toLowerCase() : "") {
    case "":
      return text.trim();
    case "html":
      return plainOfHtml(text).trim();
    case "markdown":
      return plainOfMarkdown(text).trim();
    case "markdownv2":
      return plainOfMarkdownV2(text).trim();
    default:
      throw badRequest("unsupported parse_mode");
  }
}
