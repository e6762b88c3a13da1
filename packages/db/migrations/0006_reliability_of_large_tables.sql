-- millrace: no transaction
ALTER TABLE "messages" ADD COLUMN IF NOT EXISTS "request_index" integer DEFAULT 0 NOT NULL, ADD COLUMN IF NOT EXISTS "expires_at" timestamp with time zone;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_not_followed_up";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_not_followed_up" ON "millrace"."dead_letters" USING btree ("failed_at") WHERE "millrace"."dead_letters"."followed_up_at" is null;--> statement-breakpoint
ALTER TABLE "millrace"."webhook_events" DROP CONSTRAINT IF EXISTS "webhook_events_status", ADD CONSTRAINT "webhook_events_status" CHECK ("millrace"."webhook_events"."status" in ('done', 'dead', 'discarded')) NOT VALID;--> statement-breakpoint
ALTER TABLE "millrace"."webhook_events" VALIDATE CONSTRAINT "webhook_events_status";
