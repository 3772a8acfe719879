ALTER TABLE "endpoint" DROP CONSTRAINT "endpoint_paused_reason";--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "max_in_flight" bigint;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "rate_per_second" bigint;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "ordered" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "signature" text collate "C" DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "deleted_at" bigint;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "max_in_flight" bigint;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "rate_per_second" bigint;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "ordered" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "closed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "head_id" text collate "C";--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "not_before" bigint;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "served_at" bigint;--> statement-breakpoint
ALTER TABLE "lane" ADD COLUMN "health" json;--> statement-breakpoint
ALTER TABLE "signing_secret" ADD COLUMN "public_key" text collate "C";--> statement-breakpoint
CREATE INDEX "lane_closed" ON "lane" USING btree ("due_at") WHERE "lane"."closed";--> statement-breakpoint
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_signature" CHECK ("endpoint"."signature" in ('standard', 'standard-ed25519', 'github', 'stripe'));--> statement-breakpoint
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_paused_reason" CHECK ("endpoint"."paused_reason" in ('operator', 'gone', 'failing'));