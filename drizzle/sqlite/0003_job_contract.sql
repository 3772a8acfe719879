CREATE TABLE `announced_kind` (
	`holder` text NOT NULL,
	`kind` text NOT NULL,
	`run_timeout_ms` integer NOT NULL,
	`max_runs` integer NOT NULL,
	`announced_at` integer NOT NULL,
	PRIMARY KEY(`holder`, `kind`)
);
--> statement-breakpoint
CREATE INDEX `announced_kind_newest` ON `announced_kind` (`announced_at`,`kind`);--> statement-breakpoint
DROP INDEX `job_newest`;--> statement-breakpoint
DROP INDEX `job_of_status`;--> statement-breakpoint
DROP INDEX `job_of_kind`;--> statement-breakpoint
ALTER TABLE `job` ADD `request_hash` text;--> statement-breakpoint
ALTER TABLE `job` ADD `start_by` integer;--> statement-breakpoint
ALTER TABLE `job` ADD `result_ttl_ms` integer DEFAULT 86400000 NOT NULL;--> statement-breakpoint
ALTER TABLE `job` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `job` ADD `erased_at` integer;--> statement-breakpoint
ALTER TABLE `job` ADD `result_erased_at` integer;--> statement-breakpoint
ALTER TABLE `job` ADD `forget_at` integer;--> statement-breakpoint
CREATE INDEX `job_start_by` ON `job` (`start_by`) WHERE "job"."start_by" is not null and "job"."status" = 'queued';--> statement-breakpoint
CREATE INDEX `job_expiry` ON `job` (`expires_at`) WHERE "job"."expires_at" is not null and "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX `job_tombstone` ON `job` (`forget_at`) WHERE "job"."forget_at" is not null;--> statement-breakpoint
CREATE INDEX `job_newest` ON `job` (`tenant_id`,`created_at`,`id`) WHERE "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX `job_of_status` ON `job` (`tenant_id`,`status`,`created_at`,`id`) WHERE "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX `job_of_kind` ON `job` (`tenant_id`,`kind`,`created_at`,`id`) WHERE "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX `idempotency_of_job` ON `idempotency` (`tenant_id`,`job_id`);--> statement-breakpoint
-- By hand: jobs that were done before keep their payloads for a day from now on.
UPDATE `job` SET `expires_at` = cast(unixepoch('subsec') * 1000 as integer) + 86400000 WHERE `finished_at` IS NOT NULL;
