ALTER TABLE "conversations" ADD COLUMN "click_kind" text;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "click_id" text;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "clicked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "conversion_batches" ADD COLUMN "tries" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD COLUMN "conversation_id" uuid;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "click_kind" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "click_id" text;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversion_uploads_conversation_id" ON "conversion_uploads" USING btree ("conversation_id");--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_click_kind" CHECK ("conversations"."click_kind" in ('gclid', 'gbraid', 'wbraid'));--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_click_kind" CHECK ("leads"."click_kind" in ('gclid', 'gbraid', 'wbraid'));