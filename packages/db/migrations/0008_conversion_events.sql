ALTER TABLE "conversion_uploads" ADD COLUMN "event_id" text;--> statement-breakpoint
CREATE INDEX "conversion_uploads_event_id" ON "conversion_uploads" USING btree ("event_id");