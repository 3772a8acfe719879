-- Written by hand: drizzle-kit knows no storage parameters. The store's README says what each is for; a test reads them back.

-- A job is updated four times and more. Room on its page keeps the new versions there, and half of them out of every index.
ALTER TABLE "job" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "delivery" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "lane" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint

-- Only inserted into and, much later, deleted from in the same order: what is deleted must be free again before the table has
-- grown by it, and new pages be known as all visible before a fifth of the table is new.
ALTER TABLE "event" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "attempt" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
