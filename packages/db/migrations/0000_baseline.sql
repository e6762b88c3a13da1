-- A role named millrace finds its own schema before public: unqualified names mean public here.
SET LOCAL search_path TO public;--> statement-breakpoint
CREATE SCHEMA "millrace";
--> statement-breakpoint
CREATE TABLE "contact_identities" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"external_id" text NOT NULL,
	"stable" boolean NOT NULL,
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
	"mode_changed_at" timestamp with time zone,
	"last_position" integer DEFAULT 0 NOT NULL,
	"reachable" boolean DEFAULT true NOT NULL,
	"reachable_changed_at" timestamp with time zone,
	"last_message_at" timestamp with time zone,
	"last_user_message_at" timestamp with time zone,
	"click_kind" text,
	"click_id" text,
	"clicked_at" timestamp with time zone,
	"telegram_chat_id" bigint GENERATED ALWAYS AS (case when channel = 'telegram' then thread_id::bigint end) STORED,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_channel_account_thread" UNIQUE("channel","account_id","thread_id"),
	CONSTRAINT "conversations_mode" CHECK ("conversations"."mode" in ('ai', 'human')),
	CONSTRAINT "conversations_click_kind" CHECK ("conversations"."click_kind" in ('gclid', 'gbraid', 'wbraid')),
	CONSTRAINT "conversations_kind" CHECK ("conversations"."kind" in ('direct', 'group', 'channel'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."thread_states" (
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"thread_id" text NOT NULL,
	"reachable" boolean DEFAULT true NOT NULL,
	"reachable_changed_at" timestamp with time zone,
	"moved_to" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "thread_states_channel_account_id_thread_id_pk" PRIMARY KEY("channel","account_id","thread_id")
);
--> statement-breakpoint
CREATE TABLE "millrace"."conversion_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"integration" text NOT NULL,
	"account_id" text NOT NULL,
	"action_id" text NOT NULL,
	"state" text NOT NULL,
	"size" integer NOT NULL,
	"request_id" text,
	"errors" jsonb,
	"warnings" jsonb,
	"send_slot_at" timestamp with time zone,
	"attempts" integer DEFAULT 1 NOT NULL,
	"status_checks" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_batches_state" CHECK ("millrace"."conversion_batches"."state" in ('formed', 'sent', 'success', 'partial', 'failed', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "conversion_uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"lead_id" uuid,
	"conversation_id" uuid,
	"event_id" text,
	"transaction_id" text NOT NULL,
	"account_id" text NOT NULL,
	"conversion_action_id" text NOT NULL,
	"status" text NOT NULL,
	"value" numeric(18, 6),
	"currency" text,
	"converted_at" timestamp with time zone NOT NULL,
	"batch_id" uuid,
	"request_id" text,
	"error" text,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_uploads_action_transaction_id" UNIQUE("conversion_action_id","transaction_id"),
	CONSTRAINT "conversion_uploads_status" CHECK ("conversion_uploads"."status" in ('queued', 'sent', 'processed', 'partially processed', 'rejected', 'held'))
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
	"click_kind" text,
	"click_id" text,
	"submitted_at" timestamp with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "leads_source_external_id" UNIQUE("source","external_id"),
	CONSTRAINT "leads_click_kind" CHECK ("leads"."click_kind" in ('gclid', 'gbraid', 'wbraid'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."message_changes" (
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
	CONSTRAINT "message_changes_kind" CHECK ("millrace"."message_changes"."kind" in ('edit', 'revoke', 'reaction'))
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
	"external_id" text,
	"direction" text NOT NULL,
	"author" text,
	"type" text NOT NULL,
	"body" text,
	"media" jsonb,
	"reply_to" text,
	"status" text NOT NULL,
	"reactions" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"error" text,
	"position" integer,
	"ai_turn_id" uuid,
	"epoch" integer,
	"attempted_at" timestamp with time zone,
	"send_slot_at" timestamp with time zone,
	"rate_limit_hits" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone NOT NULL,
	"edited_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"payload" jsonb NOT NULL,
	"whatsapp_message_id" text GENERATED ALWAYS AS (case when channel = 'whatsapp' then external_id end) STORED,
	"telegram_message_id" bigint GENERATED ALWAYS AS (case when channel = 'telegram' then substring(external_id from '^-?[0-9]+/([0-9]{1,18})$')::bigint end) STORED,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_channel_account_external_id" UNIQUE("channel","account_id","external_id"),
	CONSTRAINT "messages_conversation_id_position" UNIQUE("conversation_id","position"),
	CONSTRAINT "messages_author" CHECK ("messages"."author" in ('contact', 'ai', 'person')),
	CONSTRAINT "messages_direction" CHECK ("messages"."direction" in ('inbound', 'outbound'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."dead_letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"queue" text NOT NULL,
	"job_id" text NOT NULL,
	"integration" text NOT NULL,
	"event_id" text NOT NULL,
	"kind" text NOT NULL,
	"payload" jsonb NOT NULL,
	"payload_hash" text NOT NULL,
	"account" text,
	"tenant_id" uuid,
	"error_kind" text NOT NULL,
	"error" text NOT NULL,
	"attempts" integer NOT NULL,
	"state" text NOT NULL,
	"correlation_id" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"first_failed_at" timestamp with time zone NOT NULL,
	"failed_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dead_letters_queue_job_id" UNIQUE("queue","job_id"),
	CONSTRAINT "dead_letters_state" CHECK ("millrace"."dead_letters"."state" in ('dead', 'replaying', 'resolved', 'discarded'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."pauses" (
	"scope" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."rate_limits" (
	"scope" text PRIMARY KEY NOT NULL,
	"used_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."webhook_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"integration" text NOT NULL,
	"event_id" text NOT NULL,
	"kind" text NOT NULL,
	"payload_hash" text NOT NULL,
	"status" text NOT NULL,
	"result" text,
	"detail" text,
	"error" text,
	"correlation_id" text NOT NULL,
	"payload" jsonb,
	"follow_ups" jsonb,
	"received_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_events_integration_event_id" UNIQUE("integration","event_id"),
	CONSTRAINT "webhook_events_status" CHECK ("millrace"."webhook_events"."status" in ('done', 'dead'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."provider_accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid,
	"provider" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "provider_accounts_provider_external_id" UNIQUE("provider","external_id")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "millrace"."ai_turns" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"dispatch_at" timestamp with time zone NOT NULL,
	"dispatches" integer DEFAULT 0 NOT NULL,
	"dispatched_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ai_turns_state" CHECK ("millrace"."ai_turns"."state" in ('debouncing', 'awaiting_reply', 'answered', 'superseded', 'taken_over', 'failed')),
	CONSTRAINT "ai_turns_reason" CHECK ("millrace"."ai_turns"."reason" in ('message', 'hand_back'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."replay_items" (
	"replay_id" uuid NOT NULL,
	"dead_letter_id" uuid NOT NULL,
	"state" text NOT NULL,
	"checked_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	CONSTRAINT "replay_items_replay_id_dead_letter_id_pk" PRIMARY KEY("replay_id","dead_letter_id"),
	CONSTRAINT "replay_items_state" CHECK ("millrace"."replay_items"."state" in ('waiting', 'replaying', 'resolved', 'dead', 'skipped'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."replays" (
	"id" uuid PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"actor" text NOT NULL,
	"reason" text,
	"selection" jsonb NOT NULL,
	"rate" integer NOT NULL,
	"total" integer NOT NULL,
	"detail" text,
	"released_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "replays_state" CHECK ("millrace"."replays"."state" in ('running', 'done', 'stopped', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "millrace"."alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rule" text NOT NULL,
	"subject" text NOT NULL,
	"summary" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"opening_notified_at" timestamp with time zone,
	"closing_notified_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "millrace"."audit_log" (
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
CREATE TABLE "millrace"."operator_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"operator_id" uuid,
	"password_tag" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."operators" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operators_name_unique" UNIQUE("name"),
	CONSTRAINT "operators_role" CHECK ("millrace"."operators"."role" in ('viewer', 'operator'))
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
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_uploads" ADD CONSTRAINT "conversion_uploads_batch_id_conversion_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "millrace"."conversion_batches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_ai_turn_id_ai_turns_id_fk" FOREIGN KEY ("ai_turn_id") REFERENCES "millrace"."ai_turns"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."dead_letters" ADD CONSTRAINT "dead_letters_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."provider_accounts" ADD CONSTRAINT "provider_accounts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."ai_turns" ADD CONSTRAINT "ai_turns_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."ai_turns" ADD CONSTRAINT "ai_turns_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."replay_items" ADD CONSTRAINT "replay_items_replay_id_replays_id_fk" FOREIGN KEY ("replay_id") REFERENCES "millrace"."replays"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."replay_items" ADD CONSTRAINT "replay_items_dead_letter_id_dead_letters_id_fk" FOREIGN KEY ("dead_letter_id") REFERENCES "millrace"."dead_letters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."operator_sessions" ADD CONSTRAINT "operator_sessions_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "millrace"."operators"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "contact_identities_contact_id" ON "contact_identities" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "contacts_tenant_id" ON "contacts" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "cases_tenant_id" ON "cases" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "cases_contact_id" ON "cases" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id" ON "conversations" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "conversations_case_id" ON "conversations" USING btree ("case_id");--> statement-breakpoint
CREATE INDEX "conversations_contact_id" ON "conversations" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "conversion_batches_state" ON "millrace"."conversion_batches" USING btree ("state","created_at");--> statement-breakpoint
CREATE INDEX "conversion_uploads_tenant_id" ON "conversion_uploads" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_lead_id" ON "conversion_uploads" USING btree ("lead_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_conversation_id" ON "conversion_uploads" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_event_id" ON "conversion_uploads" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_batch_id" ON "conversion_uploads" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "conversion_uploads_queued" ON "conversion_uploads" USING btree ("conversion_action_id","created_at") WHERE "conversion_uploads"."status" = 'queued' and "conversion_uploads"."batch_id" is null;--> statement-breakpoint
CREATE INDEX "leads_tenant_id" ON "leads" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "leads_contact_id" ON "leads" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "messages_unsent" ON "messages" USING btree ("conversation_id","position") WHERE "messages"."status" in ('queued', 'sending');--> statement-breakpoint
CREATE INDEX "messages_ai_turn_id" ON "messages" USING btree ("ai_turn_id");--> statement-breakpoint
CREATE INDEX "messages_conversation_id_sent_at" ON "messages" USING btree ("conversation_id","sent_at");--> statement-breakpoint
CREATE INDEX "messages_tenant_id" ON "messages" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "messages_contact_id" ON "messages" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "dead_letters_state_failed_at" ON "millrace"."dead_letters" USING btree ("state","failed_at");--> statement-breakpoint
CREATE INDEX "dead_letters_failed_at" ON "millrace"."dead_letters" USING btree ("failed_at","id");--> statement-breakpoint
CREATE INDEX "dead_letters_integration_event_id" ON "millrace"."dead_letters" USING btree ("integration","event_id");--> statement-breakpoint
CREATE INDEX "dead_letters_tenant_id" ON "millrace"."dead_letters" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "webhook_events_correlation_id" ON "millrace"."webhook_events" USING btree ("correlation_id");--> statement-breakpoint
CREATE INDEX "webhook_events_integration_status" ON "millrace"."webhook_events" USING btree ("integration","status");--> statement-breakpoint
CREATE INDEX "provider_accounts_tenant_id" ON "millrace"."provider_accounts" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "ai_turns_open" ON "millrace"."ai_turns" USING btree ("conversation_id") WHERE "millrace"."ai_turns"."state" in ('debouncing', 'awaiting_reply');--> statement-breakpoint
CREATE INDEX "ai_turns_conversation_id" ON "millrace"."ai_turns" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "ai_turns_tenant_id" ON "millrace"."ai_turns" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "replay_items_active" ON "millrace"."replay_items" USING btree ("dead_letter_id") WHERE "millrace"."replay_items"."state" in ('waiting', 'replaying');--> statement-breakpoint
CREATE INDEX "replay_items_dead_letter_id" ON "millrace"."replay_items" USING btree ("dead_letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_state" ON "millrace"."replay_items" USING btree ("replay_id","state","dead_letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_completed" ON "millrace"."replay_items" USING btree ("replay_id","completed_at");--> statement-breakpoint
CREATE INDEX "replays_running" ON "millrace"."replays" USING btree ("id") WHERE "millrace"."replays"."state" = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open" ON "millrace"."alerts" USING btree ("rule","subject") WHERE "millrace"."alerts"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_opened_at" ON "millrace"."alerts" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "millrace"."audit_log" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "operator_sessions_operator_id" ON "millrace"."operator_sessions" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "operator_sessions_expires_at" ON "millrace"."operator_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE VIEW "public"."lead_sources" AS (select "id", "tenant_id", "provider", "external_id", "name", "created_at" from "millrace"."provider_accounts");--> statement-breakpoint
-- Supabase Realtime sends the old row of an update only with this: https://supabase.com/docs/guides/realtime/postgres-changes
ALTER TABLE "messages" REPLICA IDENTITY FULL;
