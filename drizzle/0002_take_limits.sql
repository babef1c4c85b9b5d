-- Takes `weight` from each limit, or from none of them. Returns 0, or the seconds until it would work.
-- keys, seconds and maxima are parallel arrays: at most maxima[i] within seconds[i] under keys[i].
CREATE FUNCTION take_limits(attempt uuid, keys text[], seconds integer[], maxima integer[], weight integer)
RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
	present timestamptz;
	wait double precision := 0;
	used bigint;
	frees_at timestamptz;
BEGIN
	-- One caller at a time for each key, in one order for all callers, so that two can't wait for each other.
	PERFORM pg_advisory_xact_lock(hashtextextended(k, 4716003))
		FROM (SELECT DISTINCT unnest(keys) AS k ORDER BY k) AS distinct_keys;
	-- Only now, so that a hit can't be older than one whose caller had the lock before.
	present := clock_timestamp();

	FOR i IN 1 .. cardinality(keys) LOOP
		SELECT coalesce(sum(h.weight), 0) INTO used FROM limit_hits h
			WHERE h.key = keys[i] AND h.at > present - make_interval(secs => seconds[i]);
		IF used + take_limits.weight > maxima[i] THEN
			-- The hit whose leaving the window makes room enough.
			SELECT min(h.at) INTO frees_at FROM (
				SELECT at, sum(limit_hits.weight) OVER (ORDER BY at) AS freed FROM limit_hits
				WHERE key = keys[i] AND at > present - make_interval(secs => seconds[i])
			) AS h WHERE used - h.freed + take_limits.weight <= maxima[i];
			wait := greatest(wait, extract(epoch FROM coalesce(frees_at, present) - present) + seconds[i]);
		END IF;
	END LOOP;

	IF wait > 0 THEN
		RETURN ceil(wait);
	END IF;
	INSERT INTO limit_hits (key, at, attempt, weight)
		SELECT DISTINCT k, present, take_limits.attempt, take_limits.weight FROM unnest(keys) AS k;
	RETURN 0;
END
$$;
