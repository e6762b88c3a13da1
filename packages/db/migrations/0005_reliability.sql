CREATE TABLE "millrace"."contact_aliases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"contact_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."conversation_aliases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"conversation_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "millrace"."paused_jobs" (
	"queue" text NOT NULL,
	"job_id" text NOT NULL,
	"scope" text NOT NULL,
	"paused_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "paused_jobs_queue_job_id_pk" PRIMARY KEY("queue","job_id")
);
--> statement-breakpoint
-- What follows from the dead letters of earlier versions has happened.
ALTER TABLE "millrace"."dead_letters" ADD COLUMN "followed_up_at" timestamp with time zone DEFAULT now();--> statement-breakpoint
ALTER TABLE "millrace"."dead_letters" ALTER COLUMN "followed_up_at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "millrace"."pauses" ADD COLUMN "probes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "millrace"."contact_aliases" ADD CONSTRAINT "contact_aliases_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "millrace"."conversation_aliases" ADD CONSTRAINT "conversation_aliases_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "contact_aliases_contact_id" ON "millrace"."contact_aliases" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "conversation_aliases_conversation_id" ON "millrace"."conversation_aliases" USING btree ("conversation_id");--> statement-breakpoint
CREATE INDEX "paused_jobs_scope" ON "millrace"."paused_jobs" USING btree ("scope","paused_at");
