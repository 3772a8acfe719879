CREATE TABLE `feed_floor` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`told_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`tenant_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `feed_floor_greatest` ON `feed_floor` (`seq`);--> statement-breakpoint
CREATE INDEX `delivery_of_event` ON `delivery` (`tenant_id`,`event_id`);--> statement-breakpoint
CREATE INDEX `delivery_finished` ON `delivery` (`status`,`finished_at`) WHERE "delivery"."finished_at" is not null;