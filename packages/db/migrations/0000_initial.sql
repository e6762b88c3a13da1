CREATE TABLE "contact_identities" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"external_id" text NOT NULL,
	"lasting" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "contact_identities_tenant_channel_external_id" UNIQUE("tenant_id","channel","external_id")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text,
	"username" text,
	"phone" text,
	"email" text,
	"marketing_allowed" boolean,
	"marketing_changed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"contact_id" uuid,
	"status" text DEFAULT 'open' NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cases_status" CHECK ("cases"."status" in ('open', 'closed'))
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"case_id" uuid NOT NULL,
	"contact_id" uuid,
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"thread_id" text NOT NULL,
	"kind" text NOT NULL,
	"title" text,
	"mode" text NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"reachable" boolean DEFAULT true NOT NULL,
	"reachable_changed_at" timestamp with time zone,
	"last_message_at" timestamp with time zone,
	"last_user_message_at" timestamp with time zone,
	"telegram_chat_id" bigint GENERATED ALWAYS AS (case when channel = 'telegram' then thread_id::bigint end) STORED,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_channel_account_thread" UNIQUE("channel","account_id","thread_id"),
	CONSTRAINT "conversations_mode" CHECK ("conversations"."mode" in ('ai', 'human')),
	CONSTRAINT "conversations_kind" CHECK ("conversations"."kind" in ('direct', 'group', 'channel'))
);
--> statement-breakpoint
CREATE TABLE "conversion_uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"lead_id" uuid,
	"transaction_id" text NOT NULL,
	"conversion_action_id" text NOT NULL,
	"status" text NOT NULL,
	"value" numeric(18, 6),
	"currency" text,
	"converted_at" timestamp with time zone NOT NULL,
	"request_id" text,
	"error" text,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_uploads_action_transaction_id" UNIQUE("conversion_action_id","transaction_id")
);
--> statement-breakpoint
CREATE TABLE "leads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"source" text NOT NULL,
	"external_id" text NOT NULL,
	"page_id" text,
	"form_id" text,
	"ad_id" text,
	"ad_name" text,
	"adset_id" text,
	"adset_name" text,
	"campaign_id" text,
	"campaign_name" text,
	"platform" text,
	"is_organic" boolean,
	"is_test" boolean NOT NULL,
	"full_name" text,
	"email" text,
	"phone" text,
	"answers" jsonb NOT NULL,
	"consents" jsonb NOT NULL,
	"submitted_at" timestamp with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "leads_source_external_id" UNIQUE("source","external_id")
);
--> statement-breakpoint
CREATE TABLE "message_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"external_id" text NOT NULL,
	"change_id" text NOT NULL,
	"kind" text NOT NULL,
	"actor" text,
	"emoji" text,
	"body" text,
	"payload" jsonb,
	"at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_changes_key" UNIQUE("channel","account_id","external_id","change_id"),
	CONSTRAINT "message_changes_kind" CHECK ("message_changes"."kind" in ('edit', 'revoke', 'reaction'))
);
--> statement-breakpoint
CREATE TABLE "message_statuses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"external_id" text NOT NULL,
	"status" text NOT NULL,
	"participant" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"error_code" text,
	"error_title" text,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_statuses_key" UNIQUE("channel","account_id","external_id","status","participant")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"contact_id" uuid,
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"external_id" text NOT NULL,
	"direction" text NOT NULL,
	"type" text NOT NULL,
	"body" text,
	"media" jsonb,
	"reply_to" text,
	"status" text NOT NULL,
	"reactions" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"sent_at" timestamp with time zone NOT NULL,
	"edited_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"payload" jsonb NOT NULL,
	"whatsapp_message_id" text GENERATED ALWAYS AS (case when channel = 'whatsapp' then external_id end) STORED,
	"telegram_message_id" bigint GENERATED ALWAYS AS (case when channel = 'telegram' then split_part(external_id, '/', 2)::bigint end) STORED,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_channel_account_external_id" UNIQUE("channel","account_id","external_id"),
	CONSTRAINT "messages_direction" CHECK ("messages"."direction" in ('inbound', 'outbound'))
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"queue" text NOT NULL,
	"job_id" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"payload" jsonb NOT NULL,
	"payload_hash" text NOT NULL,
	"error_kind" text NOT NULL,
	"error" text NOT NULL,
	"attempts" integer NOT NULL,
	"state" text NOT NULL,
	"correlation_id" text NOT NULL,
	"first_failed_at" timestamp with time zone NOT NULL,
	"failed_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dead_letters_queue_job_id" UNIQUE("queue","job_id"),
	CONSTRAINT "dead_letters_state" CHECK ("dead_letters"."state" in ('dead', 'replaying', 'resolved', 'discarded'))
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"scope" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operator_actions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"reason" text,
	"before" jsonb,
	"after" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"kind" text NOT NULL,
	"payload_hash" text NOT NULL,
	"status" text NOT NULL,
	"result" text,
	"detail" text,
	"error" text,
	"correlation_id" text NOT NULL,
	"payload" jsonb,
	"received_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_events_source_event_id" UNIQUE("source","event_id"),
	CONSTRAINT "webhook_events_status" CHECK ("webhook_events"."status" in ('done', 'dead'))
);
--> statement-breakpoint
CREATE TABLE "lead_sources" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid,
	"provider" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lead_sources_provider_external_id" UNIQUE("provider","external_id")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "contact_identities" ADD CONSTRAINT "contact_identities_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_identities" ADD CONSTRAINT "contact_identities_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cases" ADD CONSTRAINT "cases_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cases" ADD CONSTRAINT "cases_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_case_id_cases_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."cases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_lead_id_leads_id_fk" FOREIGN KEY ("lead_id") REFERENCES "public"."leads"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_sources" ADD CONSTRAINT "lead_sources_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "contact_identities_contact_id" ON "contact_identities" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "contacts_tenant_id" ON "contacts" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "cases_tenant_id" ON "cases" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "cases_contact_id" ON "cases" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id" ON "conversations" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "conversations_case_id" ON "conversations" USING btree ("case_id");--> statement-breakpoint
CREATE INDEX "conversations_contact_id" ON "conversations" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_tenant_id" ON "conversion_uploads" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_lead_id" ON "conversion_uploads" USING btree ("lead_id");--> statement-breakpoint
CREATE INDEX "leads_tenant_id" ON "leads" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "leads_contact_id" ON "leads" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "messages_conversation_id_sent_at" ON "messages" USING btree ("conversation_id","sent_at");--> statement-breakpoint
CREATE INDEX "messages_tenant_id" ON "messages" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "messages_contact_id" ON "messages" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "dead_letters_state_failed_at" ON "dead_letters" USING btree ("state","failed_at");--> statement-breakpoint
CREATE INDEX "dead_letters_source_event_id" ON "dead_letters" USING btree ("source","event_id");--> statement-breakpoint
CREATE INDEX "webhook_events_correlation_id" ON "webhook_events" USING btree ("correlation_id");--> statement-breakpoint
CREATE INDEX "webhook_events_source_status" ON "webhook_events" USING btree ("source","status");--> statement-breakpoint
CREATE INDEX "lead_sources_tenant_id" ON "lead_sources" USING btree ("tenant_id");