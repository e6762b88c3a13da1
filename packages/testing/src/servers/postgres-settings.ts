/**
 * Settings of the Postgres that tests run on. Its data is deleted afterwards, so nothing has to survive a crash of the
 * server: it writes no WAL that it can avoid. With `wal_level=minimal`, copying the template takes a tenth of the time.
 */
export const TEST_SETTINGS: Readonly<Record<string, string>> = {
  max_connections: "400",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "4GB",
  checkpoint_timeout: "1h",
  shared_buffers: "256MB",
  // Test databases live for seconds, and a vacuum in the background makes a test's duration depend on its neighbours.
  autovacuum: "off",
};
