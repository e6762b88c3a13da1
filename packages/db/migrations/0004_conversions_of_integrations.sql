ALTER TABLE "conversion_uploads" DROP CONSTRAINT "conversion_uploads_action_transaction_id";--> statement-breakpoint
-- Until now, Google was the only integration that uploads conversions.
ALTER TABLE "conversion_uploads" ADD COLUMN "integration" text NOT NULL DEFAULT 'google';--> statement-breakpoint
ALTER TABLE "conversion_uploads" ALTER COLUMN "integration" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_integration_action_transaction_id" UNIQUE("integration","conversion_action_id","transaction_id");