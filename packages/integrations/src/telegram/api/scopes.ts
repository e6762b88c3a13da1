/** Waits while a bot is throttled or its token needs repair. */
export function botScope(bot: string): string {
  return `telegram:${bot}`;
}

/** Waits while a bot is throttled in one chat. It has the id of the conversation, because a chat id is personal data. */
export function chatScope(bot: string, conversationId: string): string {
  return `${botScope(bot)}:${conversationId}`;
}
