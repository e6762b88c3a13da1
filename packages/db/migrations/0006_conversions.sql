CREATE TABLE "conversion_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"account_id" text NOT NULL,
	"action_id" text NOT NULL,
	"state" text NOT NULL,
	"size" integer NOT NULL,
	"request_id" text,
	"errors" jsonb,
	"warnings" jsonb,
	"slot_at" timestamp with time zone,
	"checks" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_batches_state" CHECK ("conversion_batches"."state" in ('formed', 'sent', 'success', 'partial', 'failed', 'rejected'))
);
--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD COLUMN "account_id" text NOT NULL;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD COLUMN "batch_id" uuid;--> statement-breakpoint
CREATE INDEX "conversion_batches_state" ON "conversion_batches" USING btree ("state","created_at");--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_batch_id_conversion_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."conversion_batches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversion_uploads_batch_id" ON "conversion_uploads" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_queued" ON "conversion_uploads" USING btree ("conversion_action_id","created_at") WHERE "conversion_uploads"."status" = 'queued' and "conversion_uploads"."batch_id" is null;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_status" CHECK ("conversion_uploads"."status" in ('queued', 'sent', 'processed', 'partially processed', 'rejected', 'held'));