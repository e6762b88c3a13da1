import "@millrace/db/drizzle-resolution";

// Imported only now, because the module above shortens the import of everything that uses the database.
const { runDashboard } = await import("./run-dashboard.ts");
await runDashboard();
