CREATE TABLE `present_key` (
	`what` text PRIMARY KEY NOT NULL,
	`kid` text NOT NULL,
	`since` integer NOT NULL,
	CONSTRAINT "present_key_what" CHECK("present_key"."what" in ('present'))
);
--> statement-breakpoint
CREATE INDEX `job_sealed_with` ON `job` (substr(coalesce("callback_sealed_secret", "callback_sealed_headers"), 4, 8),`tenant_id`,`id`) WHERE coalesce("job"."callback_sealed_secret", "job"."callback_sealed_headers") is not null;--> statement-breakpoint
CREATE INDEX `endpoint_sealed_with` ON `endpoint` (substr("sealed_headers", 4, 8),`tenant_id`,`id`) WHERE "endpoint"."sealed_headers" is not null;--> statement-breakpoint
CREATE INDEX `signing_secret_sealed_with` ON `signing_secret` (substr("sealed", 4, 8),`tenant_id`,`owner`,`n`);