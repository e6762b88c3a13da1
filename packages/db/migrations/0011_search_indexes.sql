-- millrace: no transaction
-- An index row has at most 2,704 bytes. New conversions keep at most 500 characters of their error.
DO $do$ BEGIN
  LOOP
    UPDATE "conversion_uploads" SET "error" = left("error", 499) || '…' WHERE "id" IN (
      SELECT "id" FROM "conversion_uploads" WHERE char_length("error") > 500 LIMIT 1000);
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END $do$;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_report";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "conversion_uploads_report" ON "conversion_uploads" USING btree ("created_at","status","error");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_created_at";--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_search";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_search" ON "millrace"."dead_letters" USING btree ("state","failed_at","id","queue","error_kind","error","integration","account","tenant_id");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_selection";
