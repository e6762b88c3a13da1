CREATE TABLE "replay_items" (
	"replay_id" uuid NOT NULL,
	"dead_letter_id" uuid NOT NULL,
	"state" text NOT NULL,
	"checked_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	CONSTRAINT "replay_items_replay_id_dead_letter_id_pk" PRIMARY KEY("replay_id","dead_letter_id"),
	CONSTRAINT "replay_items_state" CHECK ("replay_items"."state" in ('waiting', 'replaying', 'resolved', 'dead', 'left'))
);
--> statement-breakpoint
CREATE TABLE "replays" (
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
	CONSTRAINT "replays_state" CHECK ("replays"."state" in ('running', 'done', 'stopped', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rule" text NOT NULL,
	"subject" text NOT NULL,
	"summary" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"opening_told_at" timestamp with time zone,
	"closing_told_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "operator_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"operator_id" uuid,
	"password_tag" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operators" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operators_name_unique" UNIQUE("name"),
	CONSTRAINT "operators_role" CHECK ("operators"."role" in ('viewer', 'operator'))
);
--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "kind" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "account" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "tenant_id" uuid;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "received_at" timestamp with time zone;--> statement-breakpoint
UPDATE "dead_letters" SET "kind" = "event"."kind", "received_at" = "event"."received_at" FROM "webhook_events" AS "event" WHERE "event"."source" = "dead_letters"."source" AND "event"."event_id" = "dead_letters"."event_id";--> statement-breakpoint
UPDATE "dead_letters" SET "kind" = split_part("event_id", '.', 1), "received_at" = "first_failed_at" WHERE "kind" IS NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ALTER COLUMN "kind" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ALTER COLUMN "received_at" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "history" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_replay_id_replays_id_fk" FOREIGN KEY ("replay_id") REFERENCES "public"."replays"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_dead_letter_id_dead_letters_id_fk" FOREIGN KEY ("dead_letter_id") REFERENCES "public"."dead_letters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_sessions" ADD CONSTRAINT "operator_sessions_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "replay_items_active" ON "replay_items" USING btree ("dead_letter_id") WHERE "replay_items"."state" in ('waiting', 'replaying');--> statement-breakpoint
CREATE INDEX "replay_items_dead_letter_id" ON "replay_items" USING btree ("dead_letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_state" ON "replay_items" USING btree ("replay_id","state","dead_letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_settled" ON "replay_items" USING btree ("replay_id","settled_at");--> statement-breakpoint
CREATE INDEX "replays_running" ON "replays" USING btree ("id") WHERE "replays"."state" = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open" ON "alerts" USING btree ("rule","subject") WHERE "alerts"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_opened_at" ON "alerts" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "operator_sessions_operator_id" ON "operator_sessions" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "operator_sessions_expires_at" ON "operator_sessions" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dead_letters_failed_at" ON "dead_letters" USING btree ("failed_at","id");--> statement-breakpoint
CREATE INDEX "dead_letters_tenant_id" ON "dead_letters" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "operator_actions_subject" ON "operator_actions" USING btree ("subject");