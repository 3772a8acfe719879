CREATE TABLE `replay` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`status` text NOT NULL,
	`plan` text NOT NULL,
	`selection` text NOT NULL,
	`total` integer NOT NULL,
	`waiting` integer NOT NULL,
	`under_way` integer NOT NULL,
	`delivered` integer NOT NULL,
	`failed` integer NOT NULL,
	`skipped` integer NOT NULL,
	`judged_delivered` integer NOT NULL,
	`judged_failed` integer NOT NULL,
	`looked_at` integer,
	`looked_id` text,
	`next_at` integer NOT NULL,
	`claimed_by` text,
	`lease_until` integer,
	`token` integer NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	`version` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "replay_status" CHECK("replay"."status" in ('preparing', 'running', 'paused', 'stopped', 'completed', 'canceled')),
	CONSTRAINT "replay_finished" CHECK(("replay"."status" in ('completed', 'canceled')) = ("replay"."finished_at" is not null)),
	CONSTRAINT "replay_claimed" CHECK(("replay"."claimed_by" is null) = ("replay"."lease_until" is null)),
	CONSTRAINT "replay_looked" CHECK(("replay"."looked_at" is null) = ("replay"."looked_id" is null)),
	CONSTRAINT "replay_counts" CHECK("replay"."waiting" >= 0 and "replay"."under_way" >= 0 and "replay"."total" = "replay"."waiting" + "replay"."under_way" + "replay"."delivered" + "replay"."failed" + "replay"."skipped")
);
--> statement-breakpoint
CREATE INDEX `replay_newest` ON `replay` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `replay_unfinished` ON `replay` (`tenant_id`,`selection`) WHERE "replay"."finished_at" is null;--> statement-breakpoint
CREATE INDEX `replay_working` ON `replay` (`next_at`) WHERE "replay"."status" in ('preparing', 'running');--> statement-breakpoint
CREATE INDEX `replay_finished` ON `replay` (`finished_at`) WHERE "replay"."finished_at" is not null;--> statement-breakpoint
CREATE TABLE `replay_item` (
	`tenant_id` text NOT NULL,
	`replay_id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`n` integer NOT NULL,
	`state` text NOT NULL,
	`attempts_before` integer,
	PRIMARY KEY(`tenant_id`, `replay_id`, `delivery_id`),
	FOREIGN KEY (`tenant_id`,`replay_id`) REFERENCES `replay`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "replay_item_state" CHECK("replay_item"."state" in ('waiting', 'under_way', 'delivered', 'failed', 'skipped')),
	CONSTRAINT "replay_item_under_way" CHECK("replay_item"."state" <> 'under_way' or "replay_item"."attempts_before" is not null)
);
--> statement-breakpoint
CREATE INDEX `replay_item_waiting` ON `replay_item` (`tenant_id`,`replay_id`,`n`) WHERE "replay_item"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX `replay_item_under_way` ON `replay_item` (`tenant_id`,`replay_id`,`n`) WHERE "replay_item"."state" = 'under_way';--> statement-breakpoint
CREATE TABLE `retention_mark` (
	`what` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_dead_letter` (
	`tenant_id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`reason` text NOT NULL,
	`http_status` integer,
	`detail` text,
	`died_at` integer NOT NULL,
	`resolved_at` integer,
	`state` text DEFAULT 'open' NOT NULL,
	`host` text DEFAULT '' NOT NULL,
	`endpoint_id` text,
	`job_id` text,
	`discarded_at` integer,
	`discard_reason` text,
	`note` text,
	PRIMARY KEY(`tenant_id`, `delivery_id`),
	FOREIGN KEY (`tenant_id`,`delivery_id`) REFERENCES `delivery`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "dead_letter_state" CHECK("__new_dead_letter"."state" in ('open', 'resolved', 'discarded')),
	CONSTRAINT "dead_letter_resolved" CHECK(("__new_dead_letter"."state" = 'resolved') = ("__new_dead_letter"."resolved_at" is not null)),
	CONSTRAINT "dead_letter_discarded" CHECK("__new_dead_letter"."state" <> 'discarded' or "__new_dead_letter"."discarded_at" is not null),
	CONSTRAINT "dead_letter_discard" CHECK(("__new_dead_letter"."discarded_at" is null) = ("__new_dead_letter"."discard_reason" is null))
);
--> statement-breakpoint
INSERT INTO `__new_dead_letter`("tenant_id", "delivery_id", "reason", "http_status", "detail", "died_at", "resolved_at", "state", "host", "endpoint_id", "job_id", "discarded_at", "discard_reason", "note") SELECT "dead_letter"."tenant_id", "delivery_id", "reason", "dead_letter"."http_status", "detail", "died_at", "resolved_at", CASE WHEN "resolved_at" IS NULL THEN 'open' ELSE 'resolved' END, "delivery"."host", "delivery"."endpoint_id", "delivery"."job_id", NULL, NULL, NULL FROM `dead_letter` JOIN `delivery` ON "delivery"."tenant_id" = "dead_letter"."tenant_id" AND "delivery"."id" = "dead_letter"."delivery_id";--> statement-breakpoint
DROP TABLE `dead_letter`;--> statement-breakpoint
ALTER TABLE `__new_dead_letter` RENAME TO `dead_letter`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `dead_letter_newest` ON `dead_letter` (`tenant_id`,`state`,`died_at`,`delivery_id`);--> statement-breakpoint
CREATE INDEX `dead_letter_of_host` ON `dead_letter` (`tenant_id`,`state`,`host`,`died_at`,`delivery_id`);--> statement-breakpoint
CREATE INDEX `dead_letter_of_code` ON `dead_letter` (`tenant_id`,`state`,`reason`,`died_at`,`delivery_id`);--> statement-breakpoint
CREATE INDEX `dead_letter_of_http_status` ON `dead_letter` (`tenant_id`,`state`,`http_status`,`died_at`,`delivery_id`) WHERE "dead_letter"."http_status" is not null;--> statement-breakpoint
CREATE INDEX `dead_letter_of_endpoint` ON `dead_letter` (`tenant_id`,`state`,`endpoint_id`,`died_at`,`delivery_id`) WHERE "dead_letter"."endpoint_id" is not null;--> statement-breakpoint
CREATE INDEX `dead_letter_of_job` ON `dead_letter` (`tenant_id`,`state`,`job_id`,`died_at`,`delivery_id`) WHERE "dead_letter"."job_id" is not null;--> statement-breakpoint
CREATE INDEX `dead_letter_of_cause` ON `dead_letter` (`tenant_id`,`state`,`host`,`reason`,`http_status`,`died_at`,`delivery_id`);--> statement-breakpoint
CREATE INDEX `delivery_of_http_status` ON `delivery` (`tenant_id`,`http_status`,`created_at`,`id`) WHERE "delivery"."http_status" >= 300;