-- What workers call. Each function is one transaction and one round trip. Times are the database's own clock.
-- Errors: NS001 the session has expired (register anew under a new uuid), NS002 not the leader (step down).

CREATE FUNCTION nightshift.my_team() RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT m.team_id FROM nightshift.member m WHERE m.role_name = session_user),
                    (SELECT t.team_id FROM nightshift.team t WHERE t.name = 'local'))
$$;
COMMENT ON FUNCTION nightshift.my_team IS 'The team of the login role.';

CREATE FUNCTION nightshift.register(p_session uuid, p_name text, p_info json, p_ttl_s double precision) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO nightshift.session (session, team_id, name, info, until)
    VALUES (p_session, nightshift.my_team(), p_name, p_info, clock_timestamp() + make_interval(secs => p_ttl_s))
    ON CONFLICT (session) DO NOTHING
$$;
COMMENT ON FUNCTION nightshift.register IS 'Opens a worker''s session; repeating it changes nothing.';

CREATE FUNCTION nightshift.heartbeat(p_session uuid, p_ttl_s double precision, p_units bigint[], p_attempts int[], p_draining boolean)
RETURNS TABLE (unit_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off AS $$
BEGIN
    UPDATE nightshift.session s
       SET until = clock_timestamp() + make_interval(secs => p_ttl_s), draining = p_draining
     WHERE s.session = p_session AND s.until > clock_timestamp();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    RETURN QUERY
    SELECT h.id FROM unnest(p_units, p_attempts) AS h (id, attempt)
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.unit u
                        WHERE u.unit_id = h.id AND u.attempt = h.attempt AND u.session = p_session);
END $$;
COMMENT ON FUNCTION nightshift.heartbeat IS 'Extends the session and answers which of the held units are no longer the worker''s: it drops those.';

CREATE FUNCTION nightshift.sign_off(p_session uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE nightshift.unit u SET state = 'ready', session = NULL, due = NULL WHERE u.session = p_session;
    DELETE FROM nightshift.refusal r WHERE r.session = p_session;
    DELETE FROM nightshift.session s WHERE s.session = p_session;
    NOTIFY nightshift_work;
END $$;
COMMENT ON FUNCTION nightshift.sign_off IS 'Ends a session in good order: what it still holds is ready for others, no loss is counted.';

CREATE FUNCTION nightshift.lease(p_session uuid, p_examples int, p_study bigint, p_unit_ttl_s double precision)
RETURNS TABLE (unit_id bigint, study_id bigint, attempt int, key text, kind text, stage text, candidate text, split text,
               examples int[], rollout int, payload json, suspect boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    v_team int;
    v_left int := least(greatest(p_examples, 0), 4096);
    v_study bigint;
    v_size int;
    v_holds boolean;
    v_taken int;
    v_ids bigint[];
BEGIN
    SELECT s.team_id INTO v_team FROM nightshift.session s
     WHERE s.session = p_session AND s.until > clock_timestamp() AND NOT s.draining;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    v_holds := EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.session = p_session);
    FOR v_study IN
        SELECT s.study_id FROM nightshift.study s
         WHERE s.state = 'running' AND s.team_id = v_team AND (p_study IS NULL OR s.study_id = p_study)
           AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = s.study_id AND r.session = p_session)
         ORDER BY random()
    LOOP
        EXIT WHEN v_left <= 0;
        -- Units of a decision are of a size: ask for as many as fill the free places, and lock no more than that.
        SELECT greatest(1, cardinality(u.examples)) INTO v_size FROM nightshift.unit u
         WHERE u.study_id = v_study AND u.state = 'ready' ORDER BY u.priority, u.decision, u.ordinal LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        WITH chosen AS MATERIALIZED (
            SELECT u.unit_id FROM nightshift.unit u
             WHERE u.study_id = v_study AND u.state = 'ready' AND u.losses < 2
             ORDER BY u.priority, u.decision, u.ordinal
             LIMIT greatest(1, v_left / v_size) FOR UPDATE SKIP LOCKED),
        taken AS (
            UPDATE nightshift.unit u
               SET state = 'leased', attempt = u.attempt + 1, session = p_session,
                   due = clock_timestamp() + make_interval(secs => p_unit_ttl_s)
             WHERE u.unit_id = ANY (ARRAY(SELECT c.unit_id FROM chosen c))
            RETURNING u.unit_id, greatest(1, cardinality(u.examples)) AS size)
        SELECT array_agg(t.unit_id), coalesce(sum(t.size), 0) INTO v_ids, v_taken FROM taken t;
        -- A unit that has lost two workers is run alone: if a third is lost, it is to blame.
        IF v_ids IS NULL AND NOT v_holds THEN
            UPDATE nightshift.unit u
               SET state = 'leased', attempt = u.attempt + 1, session = p_session,
                   due = clock_timestamp() + make_interval(secs => p_unit_ttl_s)
             WHERE u.unit_id = (SELECT c.unit_id FROM nightshift.unit c
                                 WHERE c.study_id = v_study AND c.state = 'ready' AND c.losses >= 2
                                 ORDER BY c.priority, c.decision, c.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING ARRAY[u.unit_id] INTO v_ids;
            v_taken := CASE WHEN v_ids IS NULL THEN 0 ELSE v_left END;
        END IF;
        v_holds := v_holds OR v_ids IS NOT NULL;
        v_left := v_left - v_taken;
        -- Of a unit that was leased before, only what has no result yet is to be run.
        RETURN QUERY
        SELECT u.unit_id, u.study_id, u.attempt, u.key, u.kind, u.stage, u.candidate, u.split,
               CASE WHEN u.attempt = 1 THEN u.examples ELSE ARRAY(
                    SELECT e FROM unnest(u.examples) WITH ORDINALITY AS x (e, o)
                     WHERE NOT EXISTS (SELECT 1 FROM nightshift.result r
                                        WHERE r.study_id = u.study_id AND r.candidate = u.candidate AND r.split = u.split
                                          AND r.example = x.e AND r.rollout = u.rollout) ORDER BY o) END,
               u.rollout, u.payload, u.losses >= 2
          FROM nightshift.unit u WHERE u.unit_id = ANY (v_ids) ORDER BY u.priority, u.decision, u.ordinal;
    END LOOP;
END $$;
COMMENT ON FUNCTION nightshift.lease IS 'Leases units worth about p_examples examples, in the order of the plans. A unit that has cost two workers comes alone and marked suspect.';

CREATE FUNCTION nightshift.held(p_session uuid)
RETURNS TABLE (unit_id bigint, attempt int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.unit_id, u.attempt FROM nightshift.unit u WHERE u.session = p_session
$$;
COMMENT ON FUNCTION nightshift.held IS 'All units leased to a session: after a lost answer the worker releases those that it does not know.';

CREATE FUNCTION nightshift.close(p_units bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_closed bigint[];
    v_decisions bigint[];
BEGIN
    WITH closed AS (
        DELETE FROM nightshift.unit u
         WHERE u.unit_id = ANY (p_units)
           AND CASE WHEN u.kind = 'propose'
               THEN EXISTS (SELECT 1 FROM nightshift.proposal p WHERE p.study_id = u.study_id AND p.key = u.key)
               ELSE NOT EXISTS (
                    SELECT 1 FROM unnest(u.examples) AS e
                     WHERE NOT EXISTS (SELECT 1 FROM nightshift.result r
                                        WHERE r.study_id = u.study_id AND r.candidate = u.candidate AND r.split = u.split
                                          AND r.example = e AND r.rollout = u.rollout)) END
        RETURNING u.unit_id, u.study_id, u.decision)
    SELECT array_agg(c.unit_id), array_agg(DISTINCT ARRAY[c.study_id, c.decision]) INTO v_closed, v_decisions FROM closed c;
    -- A notification holds a lock of the whole database at commit, so there is one per decision, not per unit. Two last
    -- reports at once may both miss it: whether a decision is complete the coordinator finds out by looking.
    IF EXISTS (SELECT 1 FROM generate_subscripts(v_decisions, 1) AS i
                WHERE NOT EXISTS (SELECT 1 FROM nightshift.unit u
                                   WHERE u.study_id = v_decisions[i][1] AND u.decision = v_decisions[i][2])) THEN
        NOTIFY nightshift_plan;
    END IF;
    RETURN coalesce(v_closed, '{}');
END $$;
COMMENT ON FUNCTION nightshift.close IS 'Deletes those of the units that have all their results; answers which.';

CREATE FUNCTION nightshift.report(p_session uuid, p_results json)
RETURNS TABLE (unit_id bigint, verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_units bigint[];
    v_open bigint[];
    v_closed bigint[];
BEGIN
    SELECT array_agg(DISTINCT x.unit) INTO v_units FROM json_to_recordset(p_results) AS x (unit bigint);
    -- Two reports of parts of one unit must see each other, or neither would close it: they queue up here.
    SELECT array_agg(l.unit_id) INTO v_open
      FROM (SELECT u.unit_id FROM nightshift.unit u WHERE u.unit_id = ANY (v_units) ORDER BY u.unit_id FOR UPDATE) l;
    INSERT INTO nightshift.result (study_id, candidate, split, example, rollout, outcome, score, detail, usage, latency_ms, stage, session)
    SELECT u.study_id, u.candidate, u.split, x.example, u.rollout, x.outcome, x.score, x.detail,
           coalesce(x.usage, '{}'), coalesce(x.latency_ms, 0), u.stage, p_session
      FROM json_to_recordset(p_results)
           AS x (unit bigint, example int, outcome text, score double precision, detail json, usage json, latency_ms int)
      JOIN nightshift.unit u ON u.unit_id = x.unit
     WHERE u.kind <> 'propose' AND x.example = ANY (u.examples)
    ON CONFLICT DO NOTHING;
    INSERT INTO nightshift.proposal (study_id, key, outputs, error, usage, latency_ms, session)
    SELECT u.study_id, u.key, x.outputs, x.error, coalesce(x.usage, '{}'), coalesce(x.latency_ms, 0), p_session
      FROM json_to_recordset(p_results) AS x (unit bigint, outputs json, error text, usage json, latency_ms int)
      JOIN nightshift.unit u ON u.unit_id = x.unit
     WHERE u.kind = 'propose'
    ON CONFLICT DO NOTHING;
    v_closed := nightshift.close(v_open);
    -- A unit of slow examples may take longer than its lease: while results come, it is not hung.
    UPDATE nightshift.unit u SET due = clock_timestamp() + interval '10 min'
     WHERE u.unit_id = ANY (v_open) AND u.session = p_session AND u.due < clock_timestamp() + interval '5 min';
    RETURN QUERY
    SELECT v.id, CASE WHEN v.id = ANY (v_closed) THEN 'closed' WHEN v.id = ANY (v_open) THEN 'open' ELSE 'gone' END
      FROM unnest(v_units) AS v (id);
END $$;
COMMENT ON FUNCTION nightshift.report IS 'Stores results of any part of any units; repeats and latecomers are harmless, the first result stands. A unit closes with its last result; one that stays open keeps its lease for five minutes more at least. Verdicts: open, closed, gone (nothing left to do there).';

CREATE FUNCTION nightshift.release(p_session uuid, p_units bigint[], p_attempts int[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE nightshift.unit u SET state = 'ready', session = NULL, due = NULL
      FROM unnest(p_units, p_attempts) AS h (id, attempt)
     WHERE u.unit_id = h.id AND u.attempt = h.attempt AND u.session = p_session;
    NOTIFY nightshift_work;
END $$;
COMMENT ON FUNCTION nightshift.release IS 'Gives leased units back unfinished; what was reported of them stays.';

CREATE FUNCTION nightshift.set_aside(p_unit bigint, p_error text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    u nightshift.unit;
BEGIN
    DELETE FROM nightshift.unit x WHERE x.unit_id = p_unit RETURNING x.* INTO u;
    IF NOT FOUND THEN RETURN; END IF;
    IF u.kind = 'propose' THEN
        INSERT INTO nightshift.proposal (study_id, key, error) VALUES (u.study_id, u.key, p_error) ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO nightshift.result (study_id, candidate, split, example, rollout, outcome, detail, stage)
        SELECT u.study_id, u.candidate, u.split, e, u.rollout, 'infrastructure_error', json_build_object('error', p_error), u.stage
          FROM unnest(u.examples) AS e
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO nightshift.event (study_id, kind, data)
    VALUES (u.study_id, 'unit.set_aside', json_build_object('key', u.key, 'losses', u.losses, 'failures', u.failures, 'error', p_error));
    NOTIFY nightshift_plan;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.set_aside FROM PUBLIC;
COMMENT ON FUNCTION nightshift.set_aside IS 'Gives a unit up: its open examples become infrastructure errors, which are missing data and never zeros.';

CREATE FUNCTION nightshift.pause_for(p_study bigint, p_message text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE nightshift.study s SET state = 'paused', message = p_message WHERE s.study_id = p_study AND s.state = 'running';
    IF FOUND THEN
        INSERT INTO nightshift.event (study_id, kind, data) VALUES (p_study, 'study.paused', json_build_object('message', p_message));
        NOTIFY nightshift_plan;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.pause_for FROM PUBLIC;
COMMENT ON FUNCTION nightshift.pause_for IS 'Pauses a running study and says why.';

CREATE FUNCTION nightshift.fail(p_session uuid, p_unit bigint, p_attempt int, p_error text, p_delay_s double precision) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    u nightshift.unit;
    v_failing int;
    v_tried int;
BEGIN
    SELECT * INTO u FROM nightshift.unit x
     WHERE x.unit_id = p_unit AND x.attempt = p_attempt AND x.session = p_session FOR UPDATE;
    IF NOT FOUND THEN RETURN 'gone'; END IF;
    UPDATE nightshift.unit x
       SET state = 'delayed', session = NULL, failures = x.failures + 1, last_error = p_error,
           due = clock_timestamp() + make_interval(secs => p_delay_s * 2 ^ least(x.failures, 6))
     WHERE x.unit_id = p_unit;
    IF u.failures + 1 < 3 THEN RETURN 'delayed'; END IF;
    -- One unit that fails is the unit's fault; most of those that were tried failing is the surroundings' fault.
    SELECT count(*) FILTER (WHERE x.failures > 0), count(*) INTO v_failing, v_tried
      FROM nightshift.unit x WHERE x.study_id = u.study_id AND x.attempt > 0;
    IF v_failing >= 4 AND v_failing * 2 > v_tried THEN
        UPDATE nightshift.unit x SET failures = 0 WHERE x.study_id = u.study_id AND x.failures > 0;
        PERFORM nightshift.pause_for(u.study_id, 'calls to the LM keep failing: ' || p_error);
        RETURN 'paused';
    END IF;
    PERFORM nightshift.set_aside(p_unit, p_error);
    RETURN 'set aside';
END $$;
COMMENT ON FUNCTION nightshift.fail IS 'A unit could not be run for reasons outside the program: it is delayed and tried elsewhere; at the third failure it is set aside, or the study pauses when most units fail.';

CREATE FUNCTION nightshift.is_served(p_study bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM nightshift.session s JOIN nightshift.study t USING (team_id)
                    WHERE t.study_id = p_study AND s.until > clock_timestamp() AND NOT s.draining
                      AND coalesce((s.info ->> 'study')::bigint, p_study) = p_study
                      AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = p_study AND r.session = s.session))
$$;
COMMENT ON FUNCTION nightshift.is_served IS 'Whether some live worker leases units of a study: it is not bound to another one, and not refused.';

CREATE FUNCTION nightshift.refuse(p_session uuid, p_study bigint, p_message text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM nightshift.study t WHERE t.study_id = p_study AND t.team_id = nightshift.my_team();
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO nightshift.refusal (study_id, session, message) VALUES (p_study, p_session, p_message) ON CONFLICT DO NOTHING;
    UPDATE nightshift.unit u SET state = 'ready', session = NULL, due = NULL
     WHERE u.session = p_session AND u.study_id = p_study;
    IF NOT nightshift.is_served(p_study) THEN
        PERFORM nightshift.pause_for(p_study, p_message);
    ELSE
        NOTIFY nightshift_work;
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.refuse IS 'The LM provider refuses this worker''s calls for a study: it leases no more of it. When no live worker is left, the study pauses.';

-- What a unit's runner needs to know; immutable for the life of a study, so workers keep it.

CREATE FUNCTION nightshift.study_spec(p_study bigint) RETURNS TABLE (id text, spec json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.spec FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team()
$$;
COMMENT ON FUNCTION nightshift.study_spec IS 'The resolved study.';

CREATE FUNCTION nightshift.candidate_state(p_study bigint, p_candidate text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.state FROM nightshift.candidate c JOIN nightshift.study s USING (study_id)
     WHERE c.study_id = p_study AND c.candidate = p_candidate AND s.team_id = nightshift.my_team()
$$;
COMMENT ON FUNCTION nightshift.candidate_state IS 'Instructions and demos of a candidate.';

CREATE FUNCTION nightshift.examples(p_study bigint, p_split text, p_numbers int[]) RETURNS TABLE (number int, content json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.number, e.content
      FROM nightshift.study s JOIN nightshift.study_split p USING (study_id) JOIN nightshift.example e USING (dataset_id)
     WHERE s.study_id = p_study AND s.team_id = nightshift.my_team() AND p.split = p_split AND e.number = ANY (p_numbers)
$$;
COMMENT ON FUNCTION nightshift.examples IS 'Rows of a study''s split by number.';
