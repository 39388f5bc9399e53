-- What coordinators and the commands call.

-- Leadership --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.lead(p_study bigint, p_holder uuid, p_info json, p_ttl_s double precision) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    v_term bigint;
    v_before bigint;
BEGIN
    PERFORM 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team();
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT l.term INTO v_before FROM nightshift.leader l WHERE l.study_id = p_study;
    INSERT INTO nightshift.leader AS l (study_id, holder, term, info, until)
    VALUES (p_study, p_holder, 1, p_info, clock_timestamp() + make_interval(secs => p_ttl_s))
    ON CONFLICT (study_id) DO UPDATE
       SET holder = excluded.holder, info = excluded.info, until = clock_timestamp() + make_interval(secs => p_ttl_s),
           term = CASE WHEN l.holder = excluded.holder AND l.until > clock_timestamp() THEN l.term ELSE l.term + 1 END
     WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()
    RETURNING l.term INTO v_term;
    IF v_term IS DISTINCT FROM v_before AND v_term IS NOT NULL THEN
        INSERT INTO nightshift.event (study_id, kind, data)
        VALUES (p_study, 'study.led', json_build_object('holder', p_holder, 'term', v_term));
    END IF;
    RETURN v_term;
END $$;
COMMENT ON FUNCTION nightshift.lead IS 'Takes or renews the lead of a study of the team; answers the term, or nothing while another holds it.';

CREATE FUNCTION nightshift.to_lead(p_holder uuid) RETURNS TABLE (study_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.study_id FROM nightshift.study s LEFT JOIN nightshift.leader l USING (study_id)
     WHERE s.state IN ('queued', 'running', 'paused', 'waiting') AND s.team_id = nightshift.my_team()
       AND (l.until IS NULL OR l.until <= clock_timestamp() OR l.holder = p_holder)
     ORDER BY s.study_id
$$;
COMMENT ON FUNCTION nightshift.to_lead IS 'Unfinished studies of the team that nobody else leads.';

CREATE FUNCTION nightshift.resign(p_study bigint, p_holder uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE nightshift.leader SET until = clock_timestamp() WHERE study_id = p_study AND holder = p_holder AND until > clock_timestamp()
$$;
COMMENT ON FUNCTION nightshift.resign IS 'Gives the lead up, so that another need not wait for it to expire.';

CREATE FUNCTION nightshift.fence(p_study bigint, p_holder uuid, p_term bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM nightshift.leader l
      WHERE l.study_id = p_study AND l.holder = p_holder AND l.term = p_term FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another coordinator leads this study' USING ERRCODE = 'NS002';
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.fence IS 'First statement of every write of a coordinator: holds off a take-over until the write ends.';

-- The plan ------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.start(p_study bigint, p_holder uuid, p_term bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    UPDATE nightshift.study SET state = 'running', started_at = coalesce(started_at, clock_timestamp())
     WHERE study_id = p_study AND state IN ('queued', 'waiting');
END $$;
COMMENT ON FUNCTION nightshift.start IS 'A queued study that has a leader runs.';

CREATE FUNCTION nightshift.decide(p_study bigint, p_holder uuid, p_term bigint, p_number int, p_key text, p_stage text,
                                  p_body json, p_candidates json, p_trials json, p_units json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    -- Held to the end: a cancellation at the same time comes before, or finds the new units and deletes them.
    PERFORM 1 FROM nightshift.study s
      WHERE s.study_id = p_study AND s.state NOT IN ('finished', 'failed', 'cancelled') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the study has ended' USING ERRCODE = 'NS002';
    END IF;
    INSERT INTO nightshift.decision (study_id, number, key, stage, body, units, term)
    VALUES (p_study, p_number, p_key, p_stage, p_body, json_array_length(p_units), p_term)
    ON CONFLICT (study_id, number) DO NOTHING;
    IF NOT FOUND THEN RETURN false; END IF;
    IF p_number > 0 AND NOT EXISTS (SELECT 1 FROM nightshift.decision d WHERE d.study_id = p_study AND d.number = p_number - 1) THEN
        RAISE EXCEPTION 'decision % is missing', p_number - 1 USING ERRCODE = 'NS003';
    END IF;
    INSERT INTO nightshift.candidate (study_id, candidate, state)
    SELECT p_study, x.id, x.state FROM json_to_recordset(p_candidates) AS x (id text, state json)
    ON CONFLICT DO NOTHING;
    INSERT INTO nightshift.trial (study_id, number, candidate, params, provenance)
    SELECT p_study, x.number, x.candidate, x.params, x.provenance
      FROM json_to_recordset(p_trials) AS x (number int, candidate text, params json, provenance text);
    INSERT INTO nightshift.unit (study_id, key, decision, ordinal, priority, stage, kind, candidate, split, examples, rollout, payload)
    SELECT p_study, x.key, p_number, x.ordinal, x.priority, p_stage, x.kind, x.candidate, x.split,
           coalesce(x.examples, '{}'), coalesce(x.rollout, 0), x.payload
      FROM json_to_recordset(p_units)
           AS x (key text, ordinal int, priority smallint, kind text, candidate text, split text, examples int[], rollout int, payload json)
    ON CONFLICT (study_id, key) DO NOTHING;
    NOTIFY nightshift_work;
    RETURN true;
END $$;
COMMENT ON FUNCTION nightshift.decide IS 'Records a decision with its candidates, trials and units in one transaction; false when that number was decided before.';

CREATE FUNCTION nightshift.is_complete(p_study bigint, p_number int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.study_id = p_study AND u.decision = p_number)
$$;
COMMENT ON FUNCTION nightshift.is_complete IS 'Whether no unit of a decision is left. Examples that an earlier decision issued may still be on their way: a block is complete when it has all its results, too.';

CREATE FUNCTION nightshift.outcome(p_study bigint, p_candidate text, p_split text, p_rollout int, p_examples int[], p_traces boolean)
RETURNS TABLE (example int, outcome text, score double precision, trace json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.example, r.outcome, r.score, CASE WHEN p_traces THEN r.detail -> 'trace' END
      FROM nightshift.result r
     WHERE r.study_id = p_study AND r.candidate = p_candidate AND r.split = p_split AND r.rollout = p_rollout
       AND r.example = ANY (p_examples)
       AND EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())
$$;
COMMENT ON FUNCTION nightshift.outcome IS 'The results of a block of examples.';

CREATE FUNCTION nightshift.conclude_decision(p_study bigint, p_holder uuid, p_term bigint, p_number int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    UPDATE nightshift.decision SET finished_at = clock_timestamp()
     WHERE study_id = p_study AND number = p_number AND finished_at IS NULL;
END $$;
COMMENT ON FUNCTION nightshift.conclude_decision IS 'Notes when a decision''s outcome was told to the plan.';

CREATE FUNCTION nightshift.finish(p_study bigint, p_holder uuid, p_term bigint, p_state text, p_reason text, p_message text, p_result json)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    UPDATE nightshift.study
       SET state = p_state, finish_reason = p_reason, message = p_message, result = p_result, finished_at = clock_timestamp()
     WHERE study_id = p_study AND state NOT IN ('finished', 'failed', 'cancelled');
    IF FOUND THEN
        DELETE FROM nightshift.unit WHERE study_id = p_study;
        INSERT INTO nightshift.event (study_id, kind, data)
        VALUES (p_study, 'study.' || p_state, json_build_object('reason', p_reason, 'message', p_message));
        NOTIFY nightshift_plan;
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.finish IS 'Ends a study, once.';

-- Care for the queue ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.reap(p_max int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    v_count int := 0;
BEGIN
    FOR r IN
        SELECT u.unit_id, u.losses_alone,
               NOT EXISTS (SELECT 1 FROM nightshift.unit o WHERE o.session = u.session AND o.unit_id <> u.unit_id) AS was_alone
          FROM nightshift.unit u
         WHERE u.state = 'leased'
           AND (u.due < clock_timestamp()
                OR NOT EXISTS (SELECT 1 FROM nightshift.session s WHERE s.session = u.session AND s.until > clock_timestamp()))
         ORDER BY u.unit_id LIMIT p_max FOR UPDATE SKIP LOCKED
    LOOP
        v_count := v_count + 1;
        IF r.was_alone AND r.losses_alone + 1 >= 3 THEN
            PERFORM nightshift.set_aside(r.unit_id, 'its worker was lost three times while it ran alone');
        ELSE
            UPDATE nightshift.unit
               SET state = 'ready', session = NULL, due = NULL, losses = losses + 1, losses_alone = losses_alone + r.was_alone::int
             WHERE unit_id = r.unit_id;
        END IF;
    END LOOP;
    UPDATE nightshift.unit u SET state = 'ready', due = NULL
     WHERE u.unit_id IN (SELECT d.unit_id FROM nightshift.unit d WHERE d.state = 'delayed' AND d.due < clock_timestamp()
                          ORDER BY d.due LIMIT p_max FOR UPDATE SKIP LOCKED);
    IF FOUND OR v_count > 0 THEN
        NOTIFY nightshift_work;
    END IF;
    -- The last worker that could serve a study may have gone after the others were refused.
    FOR r IN
        SELECT DISTINCT ON (f.study_id) f.study_id, f.message
          FROM nightshift.refusal f JOIN nightshift.study t USING (study_id) JOIN nightshift.session s USING (session)
         WHERE t.state = 'running' AND s.until > clock_timestamp() AND NOT s.draining AND NOT nightshift.is_served(t.study_id)
         ORDER BY f.study_id, f.at
    LOOP
        PERFORM nightshift.pause_for(r.study_id, r.message);
    END LOOP;
    DELETE FROM nightshift.session s WHERE s.until < clock_timestamp() - interval '1 hour'
        AND NOT EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.session = s.session);
    RETURN v_count;
END $$;
COMMENT ON FUNCTION nightshift.reap IS 'Makes units of dead sessions, overdue leases and waited-out delays ready again, and pauses studies that only refused workers are left for; answers how many units were lost.';

CREATE FUNCTION nightshift.end_processes(p_host text, p_pids int[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    UPDATE nightshift.session s SET until = clock_timestamp()
     WHERE s.team_id = nightshift.my_team() AND s.until > clock_timestamp()
       AND s.info ->> 'host' = p_host AND (s.info ->> 'pid')::int = ANY (p_pids);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN PERFORM nightshift.reap(10000); END IF;
    UPDATE nightshift.leader l SET until = clock_timestamp()
      FROM nightshift.study s
     WHERE s.study_id = l.study_id AND s.team_id = nightshift.my_team() AND l.until > clock_timestamp()
       AND l.info ->> 'host' = p_host AND (l.info ->> 'pid')::int = ANY (p_pids);
    RETURN v_count;
END $$;
COMMENT ON FUNCTION nightshift.end_processes IS 'Ends the sessions and leads of processes that were seen dead on a host, without waiting for them to expire; answers how many sessions.';

-- Commands ------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.submit(p_id text, p_name text, p_fingerprint text, p_spec json, p_plan_version int, p_splits json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_team int := nightshift.my_team();
    v_study bigint;
    v_dataset bigint;
    r record;
BEGIN
    INSERT INTO nightshift.study (id, team_id, name, fingerprint, spec, plan_version)
    VALUES (p_id, v_team, p_name, p_fingerprint, p_spec, p_plan_version) RETURNING study_id INTO v_study;
    FOR r IN SELECT x.split, x.sha256, x.rows FROM json_to_recordset(p_splits) AS x (split text, sha256 text, rows json) LOOP
        INSERT INTO nightshift.dataset (team_id, sha256, size) VALUES (v_team, r.sha256, json_array_length(r.rows))
        ON CONFLICT (team_id, sha256) DO NOTHING RETURNING dataset_id INTO v_dataset;
        IF FOUND THEN
            INSERT INTO nightshift.example (dataset_id, number, content)
            SELECT v_dataset, o - 1, e FROM json_array_elements(r.rows) WITH ORDINALITY AS x (e, o);
        ELSE
            SELECT d.dataset_id INTO STRICT v_dataset FROM nightshift.dataset d WHERE d.team_id = v_team AND d.sha256 = r.sha256;
        END IF;
        INSERT INTO nightshift.study_split (study_id, split, dataset_id) VALUES (v_study, r.split, v_dataset);
    END LOOP;
    INSERT INTO nightshift.event (study_id, kind) VALUES (v_study, 'study.submitted');
    NOTIFY nightshift_plan;
    RETURN v_study;
END $$;
COMMENT ON FUNCTION nightshift.submit IS 'Stores a validated study with its data in one transaction.';

CREATE FUNCTION nightshift.update_spec(p_study bigint, p_spec json) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE nightshift.study SET spec = p_spec
     WHERE study_id = p_study AND team_id = nightshift.my_team() AND state NOT IN ('finished', 'failed', 'cancelled')
$$;
COMMENT ON FUNCTION nightshift.update_spec IS 'Gives an unfinished study a text of the same fingerprint: other addresses, limits, time-outs.';

CREATE FUNCTION nightshift.steer(p_study bigint, p_action text, p_message text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
BEGIN
    SELECT s.state INTO v_state FROM nightshift.study s
     WHERE s.study_id = p_study AND s.team_id = nightshift.my_team() FOR UPDATE;
    IF v_state IS NULL OR v_state IN ('finished', 'failed', 'cancelled') THEN RETURN v_state; END IF;
    CASE p_action
    WHEN 'pause' THEN
        UPDATE nightshift.study SET state = 'paused', message = p_message WHERE study_id = p_study RETURNING state INTO v_state;
    WHEN 'resume' THEN
        DELETE FROM nightshift.refusal WHERE study_id = p_study;
        UPDATE nightshift.unit SET state = 'ready', due = NULL, failures = 0 WHERE study_id = p_study AND state = 'delayed';
        IF v_state = 'paused' THEN
            UPDATE nightshift.study SET state = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END, message = NULL
             WHERE study_id = p_study RETURNING state INTO v_state;
        END IF;
        NOTIFY nightshift_work;
    WHEN 'cancel' THEN
        UPDATE nightshift.study
           SET state = 'cancelled', finish_reason = 'cancelled', message = p_message, finished_at = clock_timestamp()
         WHERE study_id = p_study RETURNING state INTO v_state;
        DELETE FROM nightshift.unit WHERE study_id = p_study;
    END CASE;
    INSERT INTO nightshift.event (study_id, kind, data) VALUES (p_study, 'study.' || p_action, json_build_object('message', p_message));
    NOTIFY nightshift_plan;
    RETURN v_state;
END $$;
COMMENT ON FUNCTION nightshift.steer IS 'Pauses, resumes or cancels a study; answers its state afterwards.';

-- Views -----------------------------------------------------------------------------------------------------------------------

CREATE VIEW nightshift.trial_overview AS
SELECT t.study_id, t.number, t.candidate, t.params, t.provenance,
       CASE WHEN s.state = 'cancelled' AND r.examples < r.seen THEN 'cancelled'
            WHEN EXISTS (SELECT 1 FROM nightshift.unit u
                          WHERE u.study_id = t.study_id AND u.candidate = t.candidate AND u.kind = 'evaluate' AND u.split = 'val') THEN 'running'
            WHEN s.state = 'cancelled' AND r.seen = 0 THEN 'cancelled'
            WHEN r.seen = 0 THEN 'running'
            WHEN r.examples < coalesce((s.spec #>> '{optimizer,min_coverage}')::double precision, 0.9) * r.seen THEN 'incomplete'
            ELSE 'complete' END AS state,
       r.score, r.examples, r.calls, r.errors, t.created_at, r.finished_at
  FROM nightshift.trial t
  JOIN nightshift.study s USING (study_id)
 CROSS JOIN LATERAL (
       -- In the order of the examples, so that the sum is the same to the bit.
       SELECT sum(x.score ORDER BY x.example) / nullif(count(x.score), 0) AS score, count(x.score) AS examples, count(*) AS seen,
              count(*) FILTER (WHERE x.outcome <> 'scored') AS errors, max(x.at) AS finished_at,
              coalesce(sum((x.usage #>> '{task,calls}')::bigint), 0)::bigint AS calls
         FROM nightshift.result x
        WHERE x.study_id = t.study_id AND x.candidate = t.candidate AND x.split = 'val' AND x.rollout = 0) r;
COMMENT ON VIEW nightshift.trial_overview IS 'Trials with what follows from their results: plain mean of the validation examples scored so far, how many, and the state.';

CREATE VIEW nightshift.usage_overview AS
SELECT w.study_id, w.stage, u.key AS role,
       sum((u.value ->> 'calls')::bigint)::bigint AS calls, sum((u.value ->> 'attempts')::bigint)::bigint AS attempts,
       sum((u.value ->> 'cached')::bigint)::bigint AS cached,
       sum((u.value ->> 'prompt_tokens')::bigint)::bigint AS prompt_tokens,
       sum((u.value ->> 'completion_tokens')::bigint)::bigint AS completion_tokens
  FROM (SELECT study_id, stage, usage FROM nightshift.result
        UNION ALL SELECT study_id, 'propose', usage FROM nightshift.proposal) w
 CROSS JOIN LATERAL json_each(w.usage) u
 GROUP BY w.study_id, w.stage, u.key;
COMMENT ON VIEW nightshift.usage_overview IS 'LM calls and tokens of a study by stage and role.';

CREATE VIEW nightshift.stage_overview AS
SELECT d.study_id, d.stage, coalesce(w.done, 0) AS done, coalesce(o.open, 0) AS open,
       extract(epoch FROM d.started_at)::double precision AS started_at,
       extract(epoch FROM greatest(w.ended_at, d.started_at))::double precision AS ended_at,
       extract(epoch FROM greatest(w.ended_at, d.started_at) - d.started_at)::double precision AS seconds
  FROM (SELECT study_id, stage, min(created_at) AS started_at FROM nightshift.decision GROUP BY study_id, stage) d
  LEFT JOIN (SELECT study_id, stage, count(*) AS done, max(at) AS ended_at FROM nightshift.result GROUP BY study_id, stage
             UNION ALL
             SELECT study_id, 'propose', count(*), max(at) FROM nightshift.proposal GROUP BY study_id) w USING (study_id, stage)
  LEFT JOIN (SELECT u.study_id, u.stage,
                    sum(greatest(1, cardinality(u.examples))
                        - (SELECT count(*) FROM nightshift.result r
                            WHERE r.study_id = u.study_id AND r.candidate = u.candidate AND r.split = u.split
                              AND r.rollout = u.rollout AND r.example = ANY (u.examples)))::bigint AS open
               FROM nightshift.unit u GROUP BY u.study_id, u.stage) o USING (study_id, stage);
COMMENT ON VIEW nightshift.stage_overview IS 'How far each stage of a study is, in examples (or proposals), and when it began and had its last result.';

CREATE VIEW nightshift.unit_count AS
SELECT s.study_id, (SELECT coalesce(sum(d.units), 0) FROM nightshift.decision d WHERE d.study_id = s.study_id)::bigint AS units
  FROM nightshift.study s;
COMMENT ON VIEW nightshift.unit_count IS 'How many units a study''s decisions were split into.';

CREATE VIEW nightshift.my_study AS
SELECT s.* FROM nightshift.study s WHERE s.team_id = nightshift.my_team();
COMMENT ON VIEW nightshift.my_study IS 'The studies of the login role''s team.';

CREATE VIEW nightshift.live_process AS
SELECT DISTINCT x.info ->> 'host' AS host, (x.info ->> 'pid')::int AS pid
  FROM (SELECT s.info FROM nightshift.session s WHERE s.until > clock_timestamp() AND s.team_id = nightshift.my_team()
        UNION ALL
        SELECT l.info FROM nightshift.leader l JOIN nightshift.study t USING (study_id)
         WHERE l.until > clock_timestamp() AND t.team_id = nightshift.my_team()) x;
COMMENT ON VIEW nightshift.live_process IS 'Processes that hold a worker''s session or the lead of a study.';

CREATE VIEW nightshift.live_session AS
SELECT s.session, s.name, s.info ->> 'host' AS host, (s.info ->> 'pid')::int AS pid, s.draining, s.registered_at,
       (SELECT count(*) FROM nightshift.unit u WHERE u.session = s.session) AS units
  FROM nightshift.session s WHERE s.until > clock_timestamp() AND s.team_id = nightshift.my_team();
COMMENT ON VIEW nightshift.live_session IS 'Workers that are alive, and how many units they hold.';

CREATE VIEW nightshift.study_overview AS
SELECT s.study_id, s.id, m.name AS team, s.name, s.state, s.finish_reason, s.message, s.created_at, s.started_at, s.finished_at,
       coalesce(extract(epoch FROM coalesce(s.finished_at, clock_timestamp()) - s.started_at), 0)::double precision AS elapsed_s,
       (SELECT count(*) FROM nightshift.trial t WHERE t.study_id = s.study_id) AS trials,
       (SELECT count(*) FROM nightshift.decision d WHERE d.study_id = s.study_id) AS decisions,
       (SELECT count(*) FROM nightshift.unit u WHERE u.study_id = s.study_id) AS open_units,
       (SELECT count(*) FROM nightshift.unit u WHERE u.study_id = s.study_id AND u.state = 'leased') AS leased_units,
       coalesce((SELECT l.until > clock_timestamp() FROM nightshift.leader l WHERE l.study_id = s.study_id), false) AS is_led
  FROM nightshift.study s JOIN nightshift.team m USING (team_id) WHERE s.team_id = nightshift.my_team();
COMMENT ON VIEW nightshift.study_overview IS 'Studies and where they stand.';

CREATE FUNCTION nightshift.check_integrity() RETURNS TABLE (problem text, study_id bigint, count bigint)
LANGUAGE sql STABLE AS $$
    SELECT 'unit without its decision', u.study_id, count(*) FROM nightshift.unit u
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.decision d WHERE d.study_id = u.study_id AND d.number = u.decision) GROUP BY 2
    UNION ALL
    SELECT 'unit of an unknown candidate', u.study_id, count(*) FROM nightshift.unit u
     WHERE u.candidate IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM nightshift.candidate c WHERE c.study_id = u.study_id AND c.candidate = u.candidate) GROUP BY 2
    UNION ALL
    SELECT 'result of an unknown candidate', r.study_id, count(*) FROM nightshift.result r
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.candidate c WHERE c.study_id = r.study_id AND c.candidate = r.candidate) GROUP BY 2
    UNION ALL
    SELECT 'unit of an ended study', u.study_id, count(*) FROM nightshift.unit u JOIN nightshift.study s USING (study_id)
     WHERE s.state IN ('finished', 'failed', 'cancelled') GROUP BY 2
    UNION ALL
    SELECT 'decisions with a gap', d.study_id, count(*) FROM nightshift.decision d GROUP BY 2 HAVING max(d.number) <> count(*) - 1
$$;
COMMENT ON FUNCTION nightshift.check_integrity IS 'What the missing foreign keys would have refused; no rows when all is well.';
