CREATE TABLE `audit` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`key_tenant_id` text,
	`key_id` text,
	`reason` text,
	`details` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "audit_key" CHECK(("audit"."key_tenant_id" is null) = ("audit"."key_id" is null))
);
--> statement-breakpoint
CREATE INDEX `audit_newest` ON `audit` (`tenant_id`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_of_subject` ON `audit` (`tenant_id`,`subject`,`at`,`id`);--> statement-breakpoint
CREATE TABLE `job_count` (
	`tenant_id` text NOT NULL,
	`what` text NOT NULL,
	`total` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `what`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "job_count_what" CHECK("job_count"."what" in ('accepted', 'ended'))
);
--> statement-breakpoint
DROP INDEX `job_due`;--> statement-breakpoint
CREATE INDEX `job_due` ON `job` (`priority`,`tenant_id`,`due_at`,`id`,`kind`) WHERE "job"."status" = 'queued';--> statement-breakpoint
ALTER TABLE `api_key` ADD `description` text;--> statement-breakpoint
ALTER TABLE `api_key` ADD `last_used_at` integer;--> statement-breakpoint
CREATE INDEX `api_key_newest` ON `api_key` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `tenant` ADD `name` text;--> statement-breakpoint
ALTER TABLE `tenant` ADD `unfinished_max` integer;--> statement-breakpoint
ALTER TABLE `tenant` ADD `running_max` integer;--> statement-breakpoint
ALTER TABLE `tenant` ADD `requests_per_minute` integer;--> statement-breakpoint
ALTER TABLE `tenant` ADD `updated_at` integer;--> statement-breakpoint
CREATE INDEX `tenant_newest` ON `tenant` (`created_at`,`tenant_id`);