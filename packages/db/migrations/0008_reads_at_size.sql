-- millrace: no transaction
-- An index row has at most 2,704 bytes. New dead letters keep at most 500 characters of their error.
DO $do$ BEGIN
  LOOP
    UPDATE "millrace"."dead_letters" SET "error" = left("error", 499) || '…' WHERE "id" IN (
      SELECT "id" FROM "millrace"."dead_letters" WHERE char_length("error") > 500 LIMIT 1000);
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END $do$;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "contact_identities_lower_external_id";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "contact_identities_lower_external_id" ON "contact_identities" USING btree (lower("external_id"));--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "contacts_phone";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "contacts_phone" ON "contacts" USING btree ("phone");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "contacts_email";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "contacts_email" ON "contacts" USING btree (lower("email"));--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "contacts_name_words";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "contacts_name_words" ON "contacts" USING gin (to_tsvector('simple', translate("name", './@+-_', '      ')));--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "leads_phone";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "leads_phone" ON "leads" USING btree ("phone");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "leads_email";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "leads_email" ON "leads" USING btree (lower("email"));--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."conversion_batches_with_reasons";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "conversion_batches_with_reasons" ON "millrace"."conversion_batches" USING btree ("id") WHERE (jsonb_array_length("millrace"."conversion_batches"."errors") > 0 or jsonb_array_length("millrace"."conversion_batches"."warnings") > 0);--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_created_at";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "conversion_uploads_created_at" ON "conversion_uploads" USING btree ("created_at");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_held";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "conversion_uploads_held" ON "conversion_uploads" USING btree ("error") WHERE "conversion_uploads"."status" = 'held';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_selection";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_selection" ON "millrace"."dead_letters" USING btree ("state","queue","error_kind","error","integration","account","tenant_id","failed_at","id");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_job_id";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_job_id" ON "millrace"."dead_letters" USING btree ("job_id");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_event_id";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_event_id" ON "millrace"."dead_letters" USING btree ("event_id");
