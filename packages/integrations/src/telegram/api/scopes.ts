/** What waits when a bot is throttled, or when its token must be mended. */
export function botScope(bot: string): string {
  return `telegram:${bot}`;
}

/** What waits when a bot is throttled in one chat. The conversation's id, because a chat id is a person's. */
export function chatScope(bot: string, conversationId: string): string {
  return `${botScope(bot)}:${conversationId}`;
}
