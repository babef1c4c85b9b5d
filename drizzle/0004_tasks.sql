CREATE TABLE "events" (
	"user_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"type" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"task" json,
	"at" timestamptz(3) DEFAULT now() NOT NULL,
	CONSTRAINT "events_user_id_number_pk" PRIMARY KEY("user_id","number")
);
--> statement-breakpoint
CREATE TABLE "filters" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamptz(3) DEFAULT now() NOT NULL,
	CONSTRAINT "filters_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "filters_name" CHECK (char_length("filters"."name") between 1 and 100)
);
--> statement-breakpoint
CREATE TABLE "job_runs" (
	"name" text PRIMARY KEY NOT NULL,
	"at" timestamptz(3) DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"color" text NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"archived_at" timestamptz(3),
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamptz(3) DEFAULT now() NOT NULL,
	CONSTRAINT "projects_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "projects_name" CHECK (char_length("projects"."name") between 1 and 100)
);
--> statement-breakpoint
DROP INDEX "tasks_newest";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "project_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "parent_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recurrence_rule" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recurrence_basis" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recurrence_anchor" date;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recurrence_completions" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "completion_of" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "labels" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "search" "tsvector" GENERATED ALWAYS AS (task_search(user_id, title, notes, labels)) STORED;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "last_event" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "filters" ADD CONSTRAINT "filters_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_age" ON "events" USING btree ("at");--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_project" FOREIGN KEY ("user_id","project_id") REFERENCES "public"."projects"("user_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_parent" FOREIGN KEY ("user_id","parent_id") REFERENCES "public"."tasks"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tasks_inbox" ON "tasks" USING btree ("user_id","position","id") WHERE deleted_at is null and completed_at is null and project_id is null and parent_id is null;--> statement-breakpoint
CREATE INDEX "tasks_of_project" ON "tasks" USING btree ("user_id","project_id","position","id") WHERE deleted_at is null and completed_at is null and parent_id is null;--> statement-breakpoint
CREATE INDEX "tasks_of_parent" ON "tasks" USING btree ("user_id","parent_id","position","id");--> statement-breakpoint
CREATE INDEX "tasks_due" ON "tasks" USING btree ("user_id","due_date",due_minute(due_time),"id") WHERE deleted_at is null and completed_at is null and due_date is not null;--> statement-breakpoint
CREATE INDEX "tasks_completed" ON "tasks" USING btree ("user_id","completed_at" desc,"id" desc) WHERE deleted_at is null and completed_at is not null;--> statement-breakpoint
CREATE INDEX "tasks_trash" ON "tasks" USING btree ("user_id","deleted_at" desc,"id" desc) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "tasks_search" ON "tasks" USING gin ("search");--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_labels" CHECK (cardinality("tasks"."labels") <= 50);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_parent_is_another" CHECK ("tasks"."parent_id" <> "tasks"."id");--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_recurrence" CHECK (num_nonnulls("tasks"."recurrence_rule", "tasks"."recurrence_basis", "tasks"."recurrence_anchor") in (0, 3)
				and ("tasks"."recurrence_rule" is null or "tasks"."due_date" is not null));