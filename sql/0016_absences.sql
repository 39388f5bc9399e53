-- What an absence must not cost, the server's or a worker's.

-- A server that goes away again and again must not cost the units of workers that had no time to come back in between.

CREATE OR REPLACE FUNCTION nightshift.forgive_outage(p_gap_s double precision, p_grace_s double precision) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_last timestamptz;
    v_now timestamptz;
    v_count int := 0;
    v_is_restarted boolean;
BEGIN
    PERFORM nightshift.commit_lazily();
    SELECT r.at INTO v_last FROM nightshift.reaper r WHERE r.id = 1 FOR UPDATE;
    v_now := clock_timestamp();
    UPDATE nightshift.reaper r SET at = v_now WHERE r.id = 1;
    v_is_restarted := pg_postmaster_start_time() > v_last;
    IF v_is_restarted OR v_now > v_last + make_interval(secs => p_gap_s) THEN
        -- Who has not come back when the server goes away again still has what was left of that time.
        UPDATE nightshift.session s
           SET until = v_now + CASE WHEN s.forgiven THEN s.until - v_last ELSE make_interval(secs => p_grace_s) END, forgiven = true
         WHERE (v_is_restarted OR NOT s.forgiven) AND s.until > v_last AND s.until < v_now + make_interval(secs => p_grace_s);
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
COMMENT ON COLUMN nightshift.session.forgiven IS 'Whether it was given more time since it was heard of last: that is done once, and only the server''s next absence does not count against it.';

-- A worker says once that it waits no more: a crash that forgot it would hold the study for ever.
CREATE OR REPLACE FUNCTION nightshift.wait_for_providers(p_session uuid, p_studies bigint[], p_messages text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM nightshift.provider_wait w WHERE w.session = p_session;
    INSERT INTO nightshift.provider_wait (study_id, session, message)
    SELECT h.study_id, s.session, h.message
      FROM nightshift.session s, unnest(p_studies, p_messages) AS h (study_id, message)
      JOIN nightshift.study t USING (study_id)
     WHERE s.session = p_session AND t.team_id = s.team_id;
    NOTIFY nightshift_plan;
END $$;

-- A worker that is not heard of offers no slots.
ALTER TABLE nightshift.session ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN nightshift.session.seen IS 'When it registered or sent its last heartbeat.';

CREATE OR REPLACE FUNCTION nightshift.heartbeat(p_session uuid, p_ttl_s double precision, p_units bigint[], p_attempts int[], p_draining boolean)
RETURNS TABLE (unit_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM nightshift.commit_lazily();
    UPDATE nightshift.session s
       SET until = clock_timestamp() + make_interval(secs => p_ttl_s), draining = p_draining, forgiven = false, seen = clock_timestamp()
     WHERE s.session = p_session AND s.until > least(clock_timestamp(), (SELECT r.at FROM nightshift.reaper r WHERE r.id = 1));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    RETURN QUERY
    SELECT h.id FROM unnest(p_units, p_attempts) AS h (id, attempt)
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.unit u
                        WHERE u.unit_id = h.id AND u.attempt = h.attempt AND u.session = p_session);
END $$;

-- Heartbeats come each third of the time to live: half of it without one is a heartbeat that was missed. Whom an outage has
-- silenced is not heard of without being dead.
CREATE OR REPLACE FUNCTION nightshift.slots(p_study bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum((s.info ->> 'concurrency')::bigint), 0)::bigint
      FROM nightshift.session s JOIN nightshift.study t USING (team_id)
     WHERE t.study_id = p_study AND t.team_id = (SELECT nightshift.my_team()) AND s.until > clock_timestamp() AND NOT s.draining
       AND (s.forgiven OR s.seen > clock_timestamp() - (s.until - s.seen) / 2)
       AND coalesce((s.info ->> 'study')::bigint, p_study) = p_study
       AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = p_study AND r.session = s.session)
$$;
COMMENT ON FUNCTION nightshift.slots IS 'How many examples the workers that serve a study, and were heard of lately, keep in flight together.';

SELECT nightshift.secure();
