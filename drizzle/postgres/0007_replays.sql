CREATE TABLE "replay" (
	"tenant_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"status" text collate "C" NOT NULL,
	"plan" json NOT NULL,
	"selection" text collate "C" NOT NULL,
	"total" bigint NOT NULL,
	"waiting" bigint NOT NULL,
	"under_way" bigint NOT NULL,
	"delivered" bigint NOT NULL,
	"failed" bigint NOT NULL,
	"skipped" bigint NOT NULL,
	"judged_delivered" bigint NOT NULL,
	"judged_failed" bigint NOT NULL,
	"looked_at" bigint,
	"looked_id" text collate "C",
	"next_at" bigint NOT NULL,
	"claimed_by" text collate "C",
	"lease_until" bigint,
	"token" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"finished_at" bigint,
	"version" bigint NOT NULL,
	CONSTRAINT "replay_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "replay_status" CHECK ("replay"."status" in ('preparing', 'running', 'paused', 'stopped', 'completed', 'canceled')),
	CONSTRAINT "replay_finished" CHECK (("replay"."status" in ('completed', 'canceled')) = ("replay"."finished_at" is not null)),
	CONSTRAINT "replay_claimed" CHECK (("replay"."claimed_by" is null) = ("replay"."lease_until" is null)),
	CONSTRAINT "replay_looked" CHECK (("replay"."looked_at" is null) = ("replay"."looked_id" is null)),
	CONSTRAINT "replay_counts" CHECK ("replay"."waiting" >= 0 and "replay"."under_way" >= 0 and "replay"."total" = "replay"."waiting" + "replay"."under_way" + "replay"."delivered" + "replay"."failed" + "replay"."skipped")
);
--> statement-breakpoint
CREATE TABLE "replay_item" (
	"tenant_id" text collate "C" NOT NULL,
	"replay_id" text collate "C" NOT NULL,
	"delivery_id" text collate "C" NOT NULL,
	"n" bigint NOT NULL,
	"state" text collate "C" NOT NULL,
	"attempts_before" bigint,
	CONSTRAINT "replay_item_tenant_id_replay_id_delivery_id_pk" PRIMARY KEY("tenant_id","replay_id","delivery_id"),
	CONSTRAINT "replay_item_state" CHECK ("replay_item"."state" in ('waiting', 'under_way', 'delivered', 'failed', 'skipped')),
	CONSTRAINT "replay_item_under_way" CHECK ("replay_item"."state" <> 'under_way' or "replay_item"."attempts_before" is not null)
);
--> statement-breakpoint
CREATE TABLE "retention_mark" (
	"what" text collate "C" PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
DROP INDEX "dead_letter_unresolved";--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "state" text collate "C" DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "host" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "endpoint_id" text collate "C";--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "job_id" text collate "C";--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "discarded_at" bigint;--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "discard_reason" text collate "C";--> statement-breakpoint
ALTER TABLE "dead_letter" ADD COLUMN "note" text collate "C";--> statement-breakpoint
UPDATE "dead_letter" SET "state" = CASE WHEN "resolved_at" IS NULL THEN 'open' ELSE 'resolved' END, "host" = "delivery"."host", "endpoint_id" = "delivery"."endpoint_id", "job_id" = "delivery"."job_id" FROM "delivery" WHERE "delivery"."tenant_id" = "dead_letter"."tenant_id" AND "delivery"."id" = "dead_letter"."delivery_id";--> statement-breakpoint
ALTER TABLE "replay" ADD CONSTRAINT "replay_tenant_id_tenant_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "replay_item" ADD CONSTRAINT "replay_item_tenant_id_replay_id_replay_tenant_id_id_fk" FOREIGN KEY ("tenant_id","replay_id") REFERENCES "public"."replay"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "replay_newest" ON "replay" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "replay_unfinished" ON "replay" USING btree ("tenant_id","selection") WHERE "replay"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "replay_working" ON "replay" USING btree ("next_at") WHERE "replay"."status" in ('preparing', 'running');--> statement-breakpoint
CREATE INDEX "replay_finished" ON "replay" USING btree ("finished_at") WHERE "replay"."finished_at" is not null;--> statement-breakpoint
CREATE INDEX "replay_item_waiting" ON "replay_item" USING btree ("tenant_id","replay_id","n") WHERE "replay_item"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "replay_item_under_way" ON "replay_item" USING btree ("tenant_id","replay_id","n") WHERE "replay_item"."state" = 'under_way';--> statement-breakpoint
CREATE INDEX "dead_letter_newest" ON "dead_letter" USING btree ("tenant_id","state","died_at","delivery_id");--> statement-breakpoint
CREATE INDEX "dead_letter_of_host" ON "dead_letter" USING btree ("tenant_id","state","host","died_at","delivery_id");--> statement-breakpoint
CREATE INDEX "dead_letter_of_code" ON "dead_letter" USING btree ("tenant_id","state","reason","died_at","delivery_id");--> statement-breakpoint
CREATE INDEX "dead_letter_of_http_status" ON "dead_letter" USING btree ("tenant_id","state","http_status","died_at","delivery_id") WHERE "dead_letter"."http_status" is not null;--> statement-breakpoint
CREATE INDEX "dead_letter_of_endpoint" ON "dead_letter" USING btree ("tenant_id","state","endpoint_id","died_at","delivery_id") WHERE "dead_letter"."endpoint_id" is not null;--> statement-breakpoint
CREATE INDEX "dead_letter_of_job" ON "dead_letter" USING btree ("tenant_id","state","job_id","died_at","delivery_id") WHERE "dead_letter"."job_id" is not null;--> statement-breakpoint
CREATE INDEX "dead_letter_of_cause" ON "dead_letter" USING btree ("tenant_id","state","host","reason","http_status","died_at","delivery_id");--> statement-breakpoint
CREATE INDEX "delivery_of_http_status" ON "delivery" USING btree ("tenant_id","http_status","created_at","id") WHERE "delivery"."http_status" >= 300;--> statement-breakpoint
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_state" CHECK ("dead_letter"."state" in ('open', 'resolved', 'discarded'));--> statement-breakpoint
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_resolved" CHECK (("dead_letter"."state" = 'resolved') = ("dead_letter"."resolved_at" is not null));--> statement-breakpoint
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_discarded" CHECK ("dead_letter"."state" <> 'discarded' or "dead_letter"."discarded_at" is not null);--> statement-breakpoint
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_discard" CHECK (("dead_letter"."discarded_at" is null) = ("dead_letter"."discard_reason" is null));