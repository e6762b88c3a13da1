-- millrace: no transaction
-- An index row has at most 2,704 bytes. New rows keep at most 500 characters and 1,200 bytes of their error.
DO $do$ BEGIN
  LOOP
    UPDATE "conversion_uploads" SET "error" = left("error", 299) || '…' WHERE "id" IN (
      SELECT "id" FROM "conversion_uploads" WHERE octet_length("error") > 1200 LIMIT 1000);
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END $do$;--> statement-breakpoint
DO $do$ BEGIN
  LOOP
    UPDATE "millrace"."dead_letters" SET "error" = left("error", 299) || '…' WHERE "id" IN (
      SELECT "id" FROM "millrace"."dead_letters" WHERE octet_length("error") > 1200 LIMIT 1000);
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END $do$;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_report";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "conversion_uploads_report" ON "conversion_uploads" USING btree ("created_at","status","error");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "conversion_uploads_created_at";--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_search";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_search" ON "millrace"."dead_letters" USING btree ("state","failed_at","id",lower("error" collate "C"),"queue","error_kind","error","integration","account","tenant_id");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "millrace"."dead_letters_selection";
