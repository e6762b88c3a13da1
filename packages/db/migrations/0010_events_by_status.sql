-- millrace: no transaction
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."webhook_events_status_integration";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhook_events_status_integration" ON "millrace"."webhook_events" USING btree ("status","integration");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."webhook_events_integration_status";
