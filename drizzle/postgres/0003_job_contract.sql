CREATE TABLE "announced_kind" (
	"holder" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"run_timeout_ms" bigint NOT NULL,
	"max_runs" bigint NOT NULL,
	"announced_at" bigint NOT NULL,
	CONSTRAINT "announced_kind_holder_kind_pk" PRIMARY KEY("holder","kind")
);
--> statement-breakpoint
DROP INDEX "job_newest";--> statement-breakpoint
DROP INDEX "job_of_status";--> statement-breakpoint
DROP INDEX "job_of_kind";--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "request_hash" text collate "C";--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "start_by" bigint;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "result_ttl_ms" bigint DEFAULT 86400000 NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "expires_at" bigint;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "erased_at" bigint;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "result_erased_at" bigint;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "forget_at" bigint;--> statement-breakpoint
CREATE INDEX "announced_kind_newest" ON "announced_kind" USING btree ("announced_at","kind");--> statement-breakpoint
CREATE INDEX "idempotency_of_job" ON "idempotency" USING btree ("tenant_id","job_id");--> statement-breakpoint
CREATE INDEX "job_start_by" ON "job" USING btree ("start_by") WHERE "job"."start_by" is not null and "job"."status" = 'queued';--> statement-breakpoint
CREATE INDEX "job_expiry" ON "job" USING btree ("expires_at") WHERE "job"."expires_at" is not null and "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX "job_tombstone" ON "job" USING btree ("forget_at") WHERE "job"."forget_at" is not null;--> statement-breakpoint
CREATE INDEX "job_newest" ON "job" USING btree ("tenant_id","created_at","id") WHERE "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX "job_of_status" ON "job" USING btree ("tenant_id","status","created_at","id") WHERE "job"."erased_at" is null;--> statement-breakpoint
CREATE INDEX "job_of_kind" ON "job" USING btree ("tenant_id","kind","created_at","id") WHERE "job"."erased_at" is null;--> statement-breakpoint
-- By hand: jobs that were done before keep their payloads for a day from now on.
UPDATE "job" SET "expires_at" = (extract(epoch from now()) * 1000)::bigint + 86400000 WHERE "finished_at" IS NOT NULL;
