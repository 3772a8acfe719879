CREATE TABLE `api_key` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`lookup` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_lookup` ON `api_key` (`lookup`);--> statement-breakpoint
CREATE TABLE `attempt` (
	`tenant_id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`n` integer NOT NULL,
	`id` text NOT NULL,
	`trigger` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`url` text NOT NULL,
	`outcome` text NOT NULL,
	`code` text NOT NULL,
	`detail` text,
	`peer_address` text,
	`retry_at` integer,
	`request_headers` text,
	`request_body_bytes` integer,
	`response_status` integer,
	`response_headers` text,
	`response_truncated` integer,
	`response_body` blob,
	PRIMARY KEY(`tenant_id`, `delivery_id`, `n`),
	FOREIGN KEY (`tenant_id`,`delivery_id`) REFERENCES `delivery`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "attempt_n" CHECK("attempt"."n" >= 1),
	CONSTRAINT "attempt_trigger" CHECK("attempt"."trigger" in ('auto', 'manual', 'replay', 'test')),
	CONSTRAINT "attempt_outcome" CHECK("attempt"."outcome" in ('delivered', 'failed', 'outcome_unknown')),
	CONSTRAINT "attempt_request" CHECK(("attempt"."request_headers" is null) = ("attempt"."request_body_bytes" is null)),
	CONSTRAINT "attempt_response" CHECK(("attempt"."response_status" is null) = ("attempt"."response_headers" is null) and ("attempt"."response_status" is null) = ("attempt"."response_body" is null) and ("attempt"."response_status" is null) = ("attempt"."response_truncated" is null))
);
--> statement-breakpoint
CREATE TABLE `dead_letter` (
	`tenant_id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`reason` text NOT NULL,
	`http_status` integer,
	`detail` text,
	`died_at` integer NOT NULL,
	`resolved_at` integer,
	PRIMARY KEY(`tenant_id`, `delivery_id`),
	FOREIGN KEY (`tenant_id`,`delivery_id`) REFERENCES `delivery`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `dead_letter_unresolved` ON `dead_letter` (`tenant_id`,`died_at`,`delivery_id`) WHERE "dead_letter"."resolved_at" is null;--> statement-breakpoint
CREATE TABLE `delivery` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`job_id` text,
	`endpoint_id` text,
	`lane_id` text NOT NULL,
	`for_callback` integer NOT NULL,
	`url` text NOT NULL,
	`host` text NOT NULL,
	`status` text NOT NULL,
	`due_at` integer,
	`trigger` text NOT NULL,
	`attempt_started_at` integer,
	`redeliver_requested` integer NOT NULL,
	`attempts` integer NOT NULL,
	`attempts_max` integer,
	`round_failures` integer NOT NULL,
	`code` text,
	`http_status` integer,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`,`event_id`) REFERENCES `event`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`tenant_id`,`lane_id`) REFERENCES `lane`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "delivery_status" CHECK("delivery"."status" in ('pending', 'delivered', 'dead', 'canceled')),
	CONSTRAINT "delivery_trigger" CHECK("delivery"."trigger" in ('auto', 'manual', 'replay', 'test')),
	CONSTRAINT "delivery_due" CHECK(("delivery"."status" = 'pending') = ("delivery"."due_at" is not null)),
	CONSTRAINT "delivery_finished" CHECK(("delivery"."status" = 'pending') = ("delivery"."finished_at" is null)),
	CONSTRAINT "delivery_in_flight" CHECK("delivery"."attempt_started_at" is null or "delivery"."status" = 'pending'),
	CONSTRAINT "delivery_redeliver" CHECK("delivery"."attempt_started_at" is not null or not "delivery"."redeliver_requested"),
	CONSTRAINT "delivery_receiver" CHECK("delivery"."endpoint_id" is not null or "delivery"."for_callback"),
	CONSTRAINT "delivery_callback" CHECK("delivery"."job_id" is not null or not "delivery"."for_callback"),
	CONSTRAINT "delivery_attempts" CHECK("delivery"."attempts" >= 0 and "delivery"."round_failures" >= 0)
);
--> statement-breakpoint
CREATE INDEX `delivery_due` ON `delivery` (`tenant_id`,`lane_id`,`due_at`,`id`) WHERE "delivery"."status" = 'pending' and "delivery"."attempt_started_at" is null;--> statement-breakpoint
CREATE INDEX `delivery_in_flight` ON `delivery` (`tenant_id`,`lane_id`) WHERE "delivery"."attempt_started_at" is not null;--> statement-breakpoint
CREATE INDEX `delivery_newest` ON `delivery` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `delivery_of_status` ON `delivery` (`tenant_id`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `delivery_of_code` ON `delivery` (`tenant_id`,`code`,`created_at`,`id`) WHERE "delivery"."code" is not null;--> statement-breakpoint
CREATE INDEX `delivery_of_host` ON `delivery` (`tenant_id`,`host`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `delivery_of_endpoint` ON `delivery` (`tenant_id`,`endpoint_id`,`created_at`,`id`) WHERE "delivery"."endpoint_id" is not null;--> statement-breakpoint
CREATE INDEX `delivery_of_job` ON `delivery` (`tenant_id`,`job_id`,`created_at`,`id`) WHERE "delivery"."job_id" is not null;--> statement-breakpoint
CREATE TABLE `endpoint` (
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
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "endpoint_status" CHECK("endpoint"."status" in ('active', 'paused')),
	CONSTRAINT "endpoint_paused_reason" CHECK("endpoint"."paused_reason" in ('operator', 'gone')),
	CONSTRAINT "endpoint_paused" CHECK(("endpoint"."status" = 'paused') = ("endpoint"."paused_reason" is not null))
);
--> statement-breakpoint
CREATE INDEX `endpoint_newest` ON `endpoint` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `event` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`job_id` text,
	`created_at` integer NOT NULL,
	`body` text NOT NULL,
	FOREIGN KEY (`tenant_id`,`job_id`) REFERENCES `job`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `event_id` ON `event` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `event_feed` ON `event` (`tenant_id`,`seq`);--> statement-breakpoint
CREATE INDEX `event_of_job` ON `event` (`tenant_id`,`job_id`,`seq`) WHERE "event"."job_id" is not null;--> statement-breakpoint
CREATE TABLE `idempotency` (
	`tenant_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`job_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `key`),
	FOREIGN KEY (`tenant_id`,`job_id`) REFERENCES `job`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `idempotency_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `job` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`priority` integer NOT NULL,
	`metadata` text NOT NULL,
	`progress_percent` integer,
	`progress_message` text,
	`error_code` text,
	`error_message` text,
	`error_run` integer,
	`runs` integer NOT NULL,
	`lost_runs` integer NOT NULL,
	`released_runs` integer NOT NULL,
	`max_runs` integer NOT NULL,
	`run_timeout_ms` integer NOT NULL,
	`callback_events` text,
	`callback_endpoint_id` text,
	`callback_url` text,
	`callback_origin` text,
	`callback_host` text,
	`callback_sealed_headers` text,
	`callback_sealed_secret` text,
	`deliveries_pending` integer NOT NULL,
	`deliveries_delivered` integer NOT NULL,
	`deliveries_dead` integer NOT NULL,
	`deliveries_canceled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`run_at` integer,
	`due_at` integer,
	`started_at` integer,
	`finished_at` integer,
	`cancel_requested_at` integer,
	`claimed_by` text,
	`lease_until` integer,
	`token` integer NOT NULL,
	`traceparent` text,
	`version` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "job_status" CHECK("job"."status" in ('queued', 'running', 'succeeded', 'failed', 'canceled')),
	CONSTRAINT "job_queued" CHECK(("job"."status" = 'queued') = ("job"."due_at" is not null)),
	CONSTRAINT "job_claimed" CHECK(("job"."status" = 'running') = ("job"."claimed_by" is not null)),
	CONSTRAINT "job_leased" CHECK(("job"."status" = 'running') = ("job"."lease_until" is not null)),
	CONSTRAINT "job_finished" CHECK(("job"."status" in ('queued', 'running')) = ("job"."finished_at" is null)),
	CONSTRAINT "job_failed" CHECK(("job"."status" = 'failed') = ("job"."error_code" is not null)),
	CONSTRAINT "job_error" CHECK(("job"."error_code" is null) = ("job"."error_message" is null) and ("job"."error_code" is null) = ("job"."error_run" is null)),
	CONSTRAINT "job_callback" CHECK("job"."callback_url" is null or "job"."callback_endpoint_id" is null),
	CONSTRAINT "job_callback_events" CHECK(("job"."callback_events" is not null) = ("job"."callback_url" is not null or "job"."callback_endpoint_id" is not null)),
	CONSTRAINT "job_callback_receiver" CHECK(("job"."callback_url" is null) = ("job"."callback_origin" is null) and ("job"."callback_url" is null) = ("job"."callback_host" is null)),
	CONSTRAINT "job_runs" CHECK("job"."lost_runs" >= 0 and "job"."released_runs" >= 0 and "job"."lost_runs" + "job"."released_runs" <= "job"."runs"),
	CONSTRAINT "job_deliveries" CHECK("job"."deliveries_pending" >= 0 and "job"."deliveries_delivered" >= 0 and "job"."deliveries_dead" >= 0 and "job"."deliveries_canceled" >= 0)
);
--> statement-breakpoint
CREATE INDEX `job_due` ON `job` (`priority`,`due_at`,`id`,`kind`) WHERE "job"."status" = 'queued';--> statement-breakpoint
CREATE INDEX `job_leased` ON `job` (`lease_until`) WHERE "job"."status" = 'running';--> statement-breakpoint
CREATE INDEX `job_newest` ON `job` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_of_status` ON `job` (`tenant_id`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_of_kind` ON `job` (`tenant_id`,`kind`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `job_input` (
	`tenant_id` text NOT NULL,
	`job_id` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `job_id`),
	FOREIGN KEY (`tenant_id`,`job_id`) REFERENCES `job`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `job_result` (
	`tenant_id` text NOT NULL,
	`job_id` text NOT NULL,
	`content_type` text NOT NULL,
	`body` blob NOT NULL,
	PRIMARY KEY(`tenant_id`, `job_id`),
	FOREIGN KEY (`tenant_id`,`job_id`) REFERENCES `job`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `lane` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`endpoint_id` text,
	`origin` text,
	`paused` integer NOT NULL,
	`due_at` integer,
	`claimed_by` text,
	`lease_until` integer,
	`token` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`tenant_id`,`endpoint_id`) REFERENCES `endpoint`(`tenant_id`,`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "lane_receiver" CHECK(("lane"."endpoint_id" is null) = ("lane"."origin" is not null)),
	CONSTRAINT "lane_claimed" CHECK(("lane"."claimed_by" is null) = ("lane"."lease_until" is null))
);
--> statement-breakpoint
CREATE INDEX `lane_due` ON `lane` (`due_at`) WHERE "lane"."claimed_by" is null and not "lane"."paused" and "lane"."due_at" is not null;--> statement-breakpoint
CREATE INDEX `lane_leased` ON `lane` (`lease_until`) WHERE "lane"."claimed_by" is not null;--> statement-breakpoint
CREATE TABLE `signing_secret` (
	`tenant_id` text NOT NULL,
	`owner` text NOT NULL,
	`n` integer NOT NULL,
	`sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	PRIMARY KEY(`tenant_id`, `owner`, `n`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `signing_secret_expiry` ON `signing_secret` (`expires_at`) WHERE "signing_secret"."expires_at" is not null;--> statement-breakpoint
CREATE TABLE `tenant` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL
);
