-- What a server's absence must not cost.

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
