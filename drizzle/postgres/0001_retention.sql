CREATE TABLE "feed_floor" (
	"tenant_id" text collate "C" NOT NULL,
	"seq" bigint NOT NULL,
	"told_at" bigint NOT NULL,
	CONSTRAINT "feed_floor_tenant_id_pk" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
ALTER TABLE "feed_floor" ADD CONSTRAINT "feed_floor_tenant_id_tenant_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "feed_floor_greatest" ON "feed_floor" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "delivery_of_event" ON "delivery" USING btree ("tenant_id","event_id");--> statement-breakpoint
CREATE INDEX "delivery_finished" ON "delivery" USING btree ("status","finished_at") WHERE "delivery"."finished_at" is not null;