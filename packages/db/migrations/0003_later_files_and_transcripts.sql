-- millrace: no transaction
ALTER TABLE "millrace"."message_changes" DROP CONSTRAINT IF EXISTS "message_changes_kind", ADD CONSTRAINT "message_changes_kind" CHECK ("millrace"."message_changes"."kind" in ('edit', 'revoke', 'reaction', 'media', 'transcript')) NOT VALID;--> statement-breakpoint
ALTER TABLE "millrace"."message_changes" VALIDATE CONSTRAINT "message_changes_kind";
