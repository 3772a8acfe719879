PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_idempotency` (
	`tenant_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`job_id` text,
	`event_id` text,
	`event_deliveries` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `key`),
	FOREIGN KEY (`tenant_id`,`job_id`) REFERENCES `job`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "idempotency_made" CHECK(("__new_idempotency"."job_id" is null) = ("__new_idempotency"."event_id" is not null)),
	CONSTRAINT "idempotency_event" CHECK(("__new_idempotency"."event_id" is null) = ("__new_idempotency"."event_deliveries" is null))
);
--> statement-breakpoint
INSERT INTO `__new_idempotency`("tenant_id", "key", "request_hash", "job_id", "created_at", "expires_at") SELECT "tenant_id", "key", "request_hash", "job_id", "created_at", "expires_at" FROM `idempotency`;--> statement-breakpoint
DROP TABLE `idempotency`;--> statement-breakpoint
ALTER TABLE `__new_idempotency` RENAME TO `idempotency`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `idempotency_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE INDEX `idempotency_of_job` ON `idempotency` (`tenant_id`,`job_id`);--> statement-breakpoint
ALTER TABLE `event` ADD `taken` integer DEFAULT false NOT NULL;