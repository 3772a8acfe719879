PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_endpoint` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`url` text NOT NULL,
	`host` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`sealed_headers` text,
	`retry` text,
	`timeout_ms` integer,
	`status` text NOT NULL,
	`paused_reason` text,
	`metadata` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`max_in_flight` integer,
	`rate_per_second` integer,
	`ordered` integer DEFAULT false NOT NULL,
	`signature` text DEFAULT 'standard' NOT NULL,
	`deleted_at` integer,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "endpoint_status" CHECK("__new_endpoint"."status" in ('active', 'paused')),
	CONSTRAINT "endpoint_paused_reason" CHECK("__new_endpoint"."paused_reason" in ('operator', 'gone', 'failing')),
	CONSTRAINT "endpoint_paused" CHECK(("__new_endpoint"."status" = 'paused') = ("__new_endpoint"."paused_reason" is not null)),
	CONSTRAINT "endpoint_signature" CHECK("__new_endpoint"."signature" in ('standard', 'standard-ed25519', 'github', 'stripe'))
);
--> statement-breakpoint
INSERT INTO `__new_endpoint`("tenant_id", "id", "url", "host", "events", "description", "sealed_headers", "retry", "timeout_ms", "status", "paused_reason", "metadata", "created_at", "updated_at") SELECT "tenant_id", "id", "url", "host", "events", "description", "sealed_headers", "retry", "timeout_ms", "status", "paused_reason", "metadata", "created_at", "updated_at" FROM `endpoint`;--> statement-breakpoint
DROP TABLE `endpoint`;--> statement-breakpoint
ALTER TABLE `__new_endpoint` RENAME TO `endpoint`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `endpoint_newest` ON `endpoint` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `lane` ADD `max_in_flight` integer;--> statement-breakpoint
ALTER TABLE `lane` ADD `rate_per_second` integer;--> statement-breakpoint
ALTER TABLE `lane` ADD `ordered` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `lane` ADD `closed` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `lane` ADD `head_id` text;--> statement-breakpoint
ALTER TABLE `lane` ADD `not_before` integer;--> statement-breakpoint
ALTER TABLE `lane` ADD `served_at` integer;--> statement-breakpoint
ALTER TABLE `lane` ADD `health` text;--> statement-breakpoint
CREATE INDEX `lane_closed` ON `lane` (`due_at`) WHERE "lane"."closed";--> statement-breakpoint
ALTER TABLE `signing_secret` ADD `public_key` text;