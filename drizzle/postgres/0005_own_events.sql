ALTER TABLE "idempotency" ALTER COLUMN "job_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "event" ADD COLUMN "taken" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency" ADD COLUMN "event_id" text collate "C";--> statement-breakpoint
ALTER TABLE "idempotency" ADD COLUMN "event_deliveries" bigint;--> statement-breakpoint
ALTER TABLE "idempotency" ADD CONSTRAINT "idempotency_made" CHECK (("idempotency"."job_id" is null) = ("idempotency"."event_id" is not null));--> statement-breakpoint
ALTER TABLE "idempotency" ADD CONSTRAINT "idempotency_event" CHECK (("idempotency"."event_id" is null) = ("idempotency"."event_deliveries" is null));