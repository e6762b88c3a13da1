/** What waits when a number of ours is throttled, or when its token must be mended. */
export function numberScope(phoneNumberId: string): string {
  return `whatsapp:${phoneNumberId}`;
}

/** What waits when a number is throttled towards one person. The conversation's id, because a number is a person's. */
export function conversationScope(phoneNumberId: string, conversationId: string): string {
  return `${numberScope(phoneNumberId)}:${conversationId}`;
}
