/** Waits while a number is throttled or its token needs repair. */
export function numberScope(phoneNumberId: string): string {
  return `whatsapp:${phoneNumberId}`;
}

/** Waits while a number is throttled towards one person. It has the conversation's id, because a phone number is personal data. */
export function conversationScope(phoneNumberId: string, conversationId: string): string {
  return `${numberScope(phoneNumberId)}:${conversationId}`;
}
