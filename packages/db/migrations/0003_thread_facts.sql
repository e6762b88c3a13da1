CREATE TABLE "thread_facts" (
	"channel" text NOT NULL,
	"account_id" text NOT NULL,
	"thread_id" text NOT NULL,
	"reachable" boolean DEFAULT true NOT NULL,
	"reachable_changed_at" timestamp with time zone,
	"moved_to" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "thread_facts_channel_account_id_thread_id_pk" PRIMARY KEY("channel","account_id","thread_id")
);
