ALTER TABLE "millrace"."message_changes" ADD COLUMN "request_index" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "millrace"."dead_letters" ADD COLUMN "request_index" integer;