CREATE TABLE "audit" (
	"tenant_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"action" text collate "C" NOT NULL,
	"subject" text collate "C" NOT NULL,
	"key_tenant_id" text collate "C",
	"key_id" text collate "C",
	"reason" text collate "C",
	"details" json NOT NULL,
	CONSTRAINT "audit_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "audit_key" CHECK (("audit"."key_tenant_id" is null) = ("audit"."key_id" is null))
);
--> statement-breakpoint
CREATE TABLE "job_count" (
	"tenant_id" text collate "C" NOT NULL,
	"what" text collate "C" NOT NULL,
	"total" bigint NOT NULL,
	CONSTRAINT "job_count_tenant_id_what_pk" PRIMARY KEY("tenant_id","what"),
	CONSTRAINT "job_count_what" CHECK ("job_count"."what" in ('accepted', 'ended'))
);
--> statement-breakpoint
DROP INDEX "job_due";--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "description" text collate "C";--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "last_used_at" bigint;--> statement-breakpoint
ALTER TABLE "tenant" ADD COLUMN "name" text collate "C";--> statement-breakpoint
ALTER TABLE "tenant" ADD COLUMN "unfinished_max" bigint;--> statement-breakpoint
ALTER TABLE "tenant" ADD COLUMN "running_max" bigint;--> statement-breakpoint
ALTER TABLE "tenant" ADD COLUMN "requests_per_minute" bigint;--> statement-breakpoint
ALTER TABLE "tenant" ADD COLUMN "updated_at" bigint;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_tenant_id_tenant_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_count" ADD CONSTRAINT "job_count_tenant_id_tenant_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_newest" ON "audit" USING btree ("tenant_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_of_subject" ON "audit" USING btree ("tenant_id","subject","at","id");--> statement-breakpoint
CREATE INDEX "api_key_newest" ON "api_key" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tenant_newest" ON "tenant" USING btree ("created_at","tenant_id");--> statement-breakpoint
CREATE INDEX "job_due" ON "job" USING btree ("priority","tenant_id","due_at","id","kind") WHERE "job"."status" = 'queued';