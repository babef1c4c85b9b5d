-- Tasks without a time come after those with one on the same day.
CREATE FUNCTION due_minute(due_time time) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((extract(epoch FROM due_time) / 60)::integer, 1440);
--> statement-breakpoint
-- Addresses, paths and tags are taken apart, so that each word in them can be found by its beginning.
CREATE FUNCTION search_words(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(words, '@/.:_-<>&=?%#+~*', repeat(' ', 16));
--> statement-breakpoint
-- Generated columns ask for functions that never change their answer; these don't, for this configuration.
CREATE FUNCTION task_search(user_id uuid, title text, notes text, labels text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('simple'::regconfig, search_words(title)), 'A')
	|| setweight(to_tsvector('simple'::regconfig, search_words(array_to_string(labels, ' '))), 'B')
	|| setweight(to_tsvector('simple'::regconfig, search_words(notes)), 'C')
	|| array_to_tsvector(ARRAY['owner:' || user_id] || ARRAY(SELECT 'label:' || label FROM unnest(labels) AS label));
