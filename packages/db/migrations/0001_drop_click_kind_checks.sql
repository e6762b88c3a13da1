ALTER TABLE "conversations" DROP CONSTRAINT "conversations_click_kind";--> statement-breakpoint
ALTER TABLE "leads" DROP CONSTRAINT "leads_click_kind";