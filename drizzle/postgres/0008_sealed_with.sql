CREATE TABLE "present_key" (
	"what" text collate "C" PRIMARY KEY NOT NULL,
	"kid" text collate "C" NOT NULL,
	"since" bigint NOT NULL,
	CONSTRAINT "present_key_what" CHECK ("present_key"."what" in ('present'))
);
--> statement-breakpoint
CREATE INDEX "job_sealed_with" ON "job" USING btree (substr(coalesce("callback_sealed_secret", "callback_sealed_headers"), 4, 8),"tenant_id","id") WHERE coalesce("job"."callback_sealed_secret", "job"."callback_sealed_headers") is not null;--> statement-breakpoint
CREATE INDEX "endpoint_sealed_with" ON "endpoint" USING btree (substr("sealed_headers", 4, 8),"tenant_id","id") WHERE "endpoint"."sealed_headers" is not null;--> statement-breakpoint
CREATE INDEX "signing_secret_sealed_with" ON "signing_secret" USING btree (substr("sealed", 4, 8),"tenant_id","owner","n");