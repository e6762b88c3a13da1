-- millrace: no transaction
-- Until now, Google was the only integration that uploads conversions.
ALTER TABLE "conversion_uploads" ADD COLUMN IF NOT EXISTS "integration" text NOT NULL DEFAULT 'google';--> statement-breakpoint
ALTER TABLE "conversion_uploads" ALTER COLUMN "integration" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "conversion_uploads" DROP CONSTRAINT IF EXISTS "conversion_uploads_integration_action_transaction_id";--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_integration_action_transaction_id";--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "conversion_uploads_integration_action_transaction_id" ON "conversion_uploads" USING btree ("integration","conversion_action_id","transaction_id");--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_integration_action_transaction_id" UNIQUE USING INDEX "conversion_uploads_integration_action_transaction_id";--> statement-breakpoint
ALTER TABLE "conversion_uploads" DROP CONSTRAINT IF EXISTS "conversion_uploads_action_transaction_id";
