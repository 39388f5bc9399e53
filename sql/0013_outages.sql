-- What an outage or a restored backup must not do: count losses against units whose workers could not speak, take a result for
-- a unit that it is not of, or end a lease under an example that is simply long.

CREATE TABLE nightshift.reaper (
    id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    at timestamptz
) WITH (fillfactor = 10);
COMMENT ON TABLE nightshift.reaper IS 'One row: when a coordinator last looked for dead workers.';
COMMENT ON COLUMN nightshift.reaper.id IS 'Always 1.';
COMMENT ON COLUMN nightshift.reaper.at IS 'The last look; null before the first one.';
-- Workers may be at work while this is applied: how long that takes is not their silence.
INSERT INTO nightshift.reaper (at) SELECT CASE WHEN EXISTS (SELECT 1 FROM nightshift.session s WHERE s.until > now()) THEN now() END;
UPDATE nightshift.unit u SET due = clock_timestamp() + interval '60 s'
 WHERE u.session IN (SELECT s.session FROM nightshift.session s WHERE s.until > now()) AND u.due < clock_timestamp() + interval '60 s';
UPDATE nightshift.session s SET until = clock_timestamp() + interval '60 s'
 WHERE s.until > now() AND s.until < clock_timestamp() + interval '60 s';

ALTER TABLE nightshift.session ADD COLUMN forgiven boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN nightshift.session.forgiven IS 'Whether it was given more time since it was heard of last: that is done once.';

CREATE FUNCTION nightshift.forgive_outage(p_gap_s double precision, p_grace_s double precision) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_last timestamptz;
    v_now timestamptz;
    v_count int := 0;
BEGIN
    PERFORM nightshift.commit_lazily();
    SELECT r.at INTO v_last FROM nightshift.reaper r WHERE r.id = 1 FOR UPDATE;
    v_now := clock_timestamp();
    UPDATE nightshift.reaper r SET at = v_now WHERE r.id = 1;
    IF v_now > v_last + make_interval(secs => p_gap_s) OR pg_postmaster_start_time() > v_last THEN
        UPDATE nightshift.session s SET until = v_now + make_interval(secs => p_grace_s), forgiven = true
         WHERE NOT s.forgiven AND s.until > v_last AND s.until < v_now + make_interval(secs => p_grace_s);
        GET DIAGNOSTICS v_count = ROW_COUNT;
        UPDATE nightshift.unit u SET due = v_now + make_interval(secs => p_grace_s)
         WHERE u.session IN (SELECT s.session FROM nightshift.session s WHERE s.until > v_now)
           AND u.due > v_last AND u.due < v_now + make_interval(secs => p_grace_s);
        -- What processes have reserved is theirs for as long.
        PERFORM 1 FROM nightshift.spender x
          WHERE x.until > v_last AND x.until < v_now + make_interval(secs => p_grace_s) ORDER BY x.holder FOR UPDATE;
        UPDATE nightshift.spender x SET until = v_now + make_interval(secs => p_grace_s)
         WHERE x.until > v_last AND x.until < v_now + make_interval(secs => p_grace_s);
    END IF;
    RETURN v_count;
END $$;
COMMENT ON FUNCTION nightshift.forgive_outage IS 'Called before reap. Where nobody has looked for longer than p_gap_s, or the server was restarted since, the workers could not speak either: what ran out meanwhile lasts p_grace_s more. Answers how many sessions.';

-- A session is dead when a look has found it so, not before: until then its units are its own, and it may go on.
CREATE OR REPLACE FUNCTION nightshift.heartbeat(p_session uuid, p_ttl_s double precision, p_units bigint[], p_attempts int[], p_draining boolean)
RETURNS TABLE (unit_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM nightshift.commit_lazily();
    UPDATE nightshift.session s
       SET until = clock_timestamp() + make_interval(secs => p_ttl_s), draining = p_draining, forgiven = false
     WHERE s.session = p_session AND s.until > least(clock_timestamp(), (SELECT r.at FROM nightshift.reaper r WHERE r.id = 1));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    RETURN QUERY
    SELECT h.id FROM unnest(p_units, p_attempts) AS h (id, attempt)
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.unit u
                        WHERE u.unit_id = h.id AND u.attempt = h.attempt AND u.session = p_session);
END $$;

CREATE FUNCTION nightshift.extend(p_session uuid, p_units bigint[], p_attempts int[], p_unit_ttl_s double precision) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
    UPDATE nightshift.unit u SET due = greatest(u.due, clock_timestamp() + make_interval(secs => p_unit_ttl_s))
      FROM unnest(p_units, p_attempts) AS h (id, attempt)
     WHERE u.unit_id = h.id AND u.attempt = h.attempt AND u.session = p_session
$$;
COMMENT ON FUNCTION nightshift.extend IS 'Puts off the end of leases whose examples still run.';

CREATE FUNCTION nightshift.report_identified(p_session uuid, p_results json, p_units bigint[], p_identities text[])
RETURNS TABLE (unit_id bigint, verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_foreign bigint[];
BEGIN
    -- A unit is another one under the same number only where the database was restored: its identity never changes.
    SELECT array_agg(h.id) INTO v_foreign
      FROM unnest(p_units, p_identities) AS h (id, identity)
      JOIN nightshift.unit u ON u.unit_id = h.id
      JOIN nightshift.study s ON s.study_id = u.study_id
     WHERE h.identity <> concat_ws('/', s.id, u.key, u.candidate);
    IF v_foreign IS NULL THEN
        RETURN QUERY SELECT r.unit_id, r.verdict FROM nightshift.report(p_session, p_results) AS r;
    ELSE
        RETURN QUERY
        SELECT r.unit_id, r.verdict
          FROM nightshift.report(p_session, (
                SELECT coalesce(json_agg(x.value), '[]') FROM json_array_elements(p_results) AS x
                 WHERE (x.value ->> 'unit')::bigint <> ALL (v_foreign))) AS r
        UNION ALL SELECT f.id, 'foreign' FROM unnest(v_foreign) AS f (id);
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.report_identified IS 'As report, where each unit is what the worker takes it for: study, key and candidate. What is not (the database was restored under a living worker) is not stored; its verdict is foreign.';

-- All queries are short, and a plan that meets a switched-off scan looks dear enough to be compiled at every call.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'jit stays on: only the owner of the database may set it';
END $$;

INSERT INTO nightshift.permission (kind, object) VALUES
    ('worker', 'extend'), ('worker', 'report_identified'), ('coordinator', 'forgive_outage');
SELECT nightshift.secure();
