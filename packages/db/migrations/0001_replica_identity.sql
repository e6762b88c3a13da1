-- Supabase Realtime sends the old row of an update only with this: https://supabase.com/docs/guides/realtime/postgres-changes
ALTER TABLE "messages" REPLICA IDENTITY FULL;
