-- The queue at speed: lease and report cost the same however much was done before, and however long another transaction
-- stays open. Dead index entries can't be removed while such a transaction may still see them, so nothing here begins its
-- search at the head of an index whose head is dead.

-- Whoever decides just now ends first: the lanes are made from all units that there are.
LOCK TABLE nightshift.study, nightshift.unit IN ACCESS EXCLUSIVE MODE;

-- Lanes ------------------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.lane (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    priority smallint NOT NULL,
    head bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, priority)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE nightshift.lane IS 'The units of a study that have one priority. Those never leased are taken from `head` on, in the order in which they were decided.';
COMMENT ON COLUMN nightshift.lane.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.lane.priority IS 'The priority of its units; lower is leased first.';
COMMENT ON COLUMN nightshift.lane.head IS 'Low-water mark: no unit of the lane that was never leased has a smaller unit_id. Decisions are made one after the other, so later units have greater ones.';
INSERT INTO nightshift.lane (study_id, priority) SELECT DISTINCT u.study_id, u.priority FROM nightshift.unit u;

-- Each index has its reader: unit_fresh and unit_returned lease, unit_held reaps and signs off, unit_delayed wakes,
-- unit_place completes decisions and keeps a unit from being inserted twice.
DROP INDEX nightshift.unit_ready;
DROP INDEX nightshift.unit_due;
DROP INDEX nightshift.unit_session;
DROP INDEX nightshift.unit_decision;
ALTER TABLE nightshift.unit DROP CONSTRAINT unit_study_id_key_key;
-- The sum keeps the planner from walking the primary key instead, past the units of all other studies.
CREATE INDEX unit_fresh ON nightshift.unit (study_id, priority, (unit_id + 0)) WHERE state = 'ready' AND attempt = 0;
CREATE INDEX unit_returned ON nightshift.unit (study_id, priority, decision, ordinal) WHERE state = 'ready' AND attempt > 0;
CREATE INDEX unit_held ON nightshift.unit (session, due) WHERE session IS NOT NULL;
CREATE INDEX unit_delayed ON nightshift.unit (due) WHERE state = 'delayed';
CREATE UNIQUE INDEX unit_place ON nightshift.unit (study_id, decision, ordinal);

-- What a worker calls ------------------------------------------------------------------------------------------------------

-- A commit takes the setting of its own moment: as an attribute of the function it would be taken back before.
CREATE FUNCTION nightshift.commit_lazily() RETURNS void
LANGUAGE sql AS $$ SELECT pg_catalog.set_config('synchronous_commit', 'off', true) $$;
COMMENT ON FUNCTION nightshift.commit_lazily IS 'This transaction does not wait for the disk: losing it in a crash of the server costs time, never data.';

CREATE OR REPLACE FUNCTION nightshift.heartbeat(p_session uuid, p_ttl_s double precision, p_units bigint[], p_attempts int[], p_draining boolean)
RETURNS TABLE (unit_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM nightshift.commit_lazily();
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

CREATE FUNCTION nightshift.open_examples(p_unit nightshift.unit) RETURNS int[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT x.e FROM unnest(p_unit.examples) WITH ORDINALITY AS x (e, o)
                  WHERE NOT EXISTS (SELECT 1 FROM nightshift.result r
                                     WHERE r.study_id = p_unit.study_id AND r.candidate = p_unit.candidate
                                       AND r.split = p_unit.split AND r.example = x.e AND r.rollout = p_unit.rollout)
                  ORDER BY x.o)
$$;
COMMENT ON FUNCTION nightshift.open_examples IS 'Those examples of a unit that have no result yet, in its order.';

CREATE OR REPLACE FUNCTION nightshift.lease(p_session uuid, p_examples int, p_study bigint, p_unit_ttl_s double precision)
RETURNS TABLE (unit_id bigint, study_id bigint, attempt int, key text, kind text, stage text, candidate text, split text,
               examples int[], rollout int, payload json, suspect boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    v_team int;
    v_left int := least(greatest(p_examples, 0), 4096);
    v_due timestamptz := clock_timestamp() + make_interval(secs => p_unit_ttl_s);
    v_holds boolean;
    v_lane record;
    v_first bigint;
    v_size int;
    v_taken int;
BEGIN
    PERFORM nightshift.commit_lazily();
    SELECT s.team_id INTO v_team FROM nightshift.session s
     WHERE s.session = p_session AND s.until > clock_timestamp() AND NOT s.draining;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    -- A lottery between the studies; within a study the most urgent lane first.
    FOR v_lane IN
        SELECT s.study_id, l.priority, l.head
          FROM (SELECT t.study_id, random() AS luck FROM nightshift.study t
                 WHERE t.state = 'running' AND t.team_id = v_team AND (p_study IS NULL OR t.study_id = p_study)) s
          JOIN nightshift.lane l USING (study_id)
         WHERE NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = s.study_id AND r.session = p_session)
         ORDER BY s.luck, l.priority
    LOOP
        EXIT WHEN v_left <= 0;
        -- What came back from others was decided before all that is fresh. Of such a unit only what has no result yet is run.
        -- As many are locked as fill the free places, and no more.
        SELECT max(x.size) INTO v_size
          FROM (SELECT greatest(1, cardinality(u.examples)) AS size FROM nightshift.unit u
                 WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt > 0
                   AND u.losses < 2
                 ORDER BY u.decision, u.ordinal LIMIT 8) x;
        IF v_size IS NOT NULL THEN
            RETURN QUERY
            WITH chosen AS MATERIALIZED (
                SELECT u.ctid AS place FROM nightshift.unit u
                 WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt > 0
                   AND u.losses < 2
                 ORDER BY u.decision, u.ordinal LIMIT greatest(1, v_left / v_size) FOR UPDATE SKIP LOCKED),
            taken AS (
                UPDATE nightshift.unit u SET state = 'leased', attempt = u.attempt + 1, session = p_session, due = v_due
                 WHERE u.ctid = ANY (ARRAY(SELECT c.place FROM chosen c)) RETURNING u.*)
            SELECT t.unit_id, t.study_id, t.attempt, t.key, t.kind, t.stage, t.candidate, t.split,
                   nightshift.open_examples(t::nightshift.unit), t.rollout, t.payload, false
              FROM taken t ORDER BY t.decision, t.ordinal;
            GET DIAGNOSTICS v_taken = ROW_COUNT;
            v_left := v_left - v_taken * v_size;
            v_holds := v_holds OR v_taken > 0;
        END IF;
        CONTINUE WHEN v_left <= 0;
        SELECT min(x.unit_id), max(x.size) INTO v_first, v_size
          FROM (SELECT u.unit_id, greatest(1, cardinality(u.examples)) AS size FROM nightshift.unit u
                 WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt = 0
                   AND u.unit_id + 0 >= v_lane.head
                 ORDER BY u.unit_id + 0 LIMIT 8) x;
        IF v_first IS NOT NULL THEN
            RETURN QUERY
            WITH chosen AS MATERIALIZED (
                SELECT u.ctid AS place FROM nightshift.unit u
                 WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt = 0
                   AND u.unit_id + 0 >= v_first
                 ORDER BY u.unit_id + 0 LIMIT greatest(1, v_left / v_size) FOR UPDATE SKIP LOCKED),
            taken AS (
                UPDATE nightshift.unit u SET state = 'leased', attempt = 1, session = p_session, due = v_due
                 WHERE u.ctid = ANY (ARRAY(SELECT c.place FROM chosen c)) RETURNING u.*)
            SELECT t.unit_id, t.study_id, t.attempt, t.key, t.kind, t.stage, t.candidate, t.split, t.examples, t.rollout,
                   t.payload, false
              FROM taken t ORDER BY t.unit_id;
            GET DIAGNOSTICS v_taken = ROW_COUNT;
            v_left := v_left - v_taken * v_size;
            v_holds := v_holds OR v_taken > 0;
            -- The first fresh unit in sight is the mark, whether others are about to take it or not. It is moved in strides,
            -- by one at a time, so that leases never wait for each other here.
            IF v_first > v_lane.head + 1000 THEN
                UPDATE nightshift.lane l SET head = v_first
                 WHERE l.ctid = (SELECT c.ctid FROM nightshift.lane c
                                  WHERE c.study_id = v_lane.study_id AND c.priority = v_lane.priority AND c.head < v_first
                                    FOR UPDATE SKIP LOCKED);
            END IF;
        END IF;
        CONTINUE WHEN v_left <= 0;
        -- A unit that has lost two workers is run alone: if a third is lost, it is to blame.
        v_holds := coalesce(v_holds, EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.session = p_session));
        IF NOT v_holds THEN
            RETURN QUERY
            UPDATE nightshift.unit u SET state = 'leased', attempt = u.attempt + 1, session = p_session, due = v_due
             WHERE u.unit_id = (SELECT c.unit_id FROM nightshift.unit c
                                 WHERE c.study_id = v_lane.study_id AND c.priority = v_lane.priority AND c.state = 'ready'
                                   AND c.attempt > 0 AND c.losses >= 2
                                 ORDER BY c.decision, c.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING u.unit_id, u.study_id, u.attempt, u.key, u.kind, u.stage, u.candidate, u.split,
                      nightshift.open_examples(u), u.rollout, u.payload, true;
            EXIT WHEN FOUND;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION nightshift.delete_units(p_units bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_deleted bigint[];
    v_decisions bigint[];
BEGIN
    WITH deleted AS (DELETE FROM nightshift.unit u WHERE u.unit_id = ANY (p_units) RETURNING u.unit_id, u.study_id, u.decision)
    SELECT array_agg(d.unit_id), array_agg(DISTINCT ARRAY[d.study_id, d.decision]) INTO v_deleted, v_decisions FROM deleted d;
    -- A notification holds a lock of the whole database at commit, so there is one per decision, not per unit. Two last
    -- reports at once may both miss it: whether a decision is complete the coordinator finds out by looking. Units are taken
    -- from the front: what is left of a decision, if anything, is found from its end.
    IF EXISTS (SELECT 1 FROM generate_subscripts(v_decisions, 1) AS i
                WHERE (SELECT u.unit_id FROM nightshift.unit u
                        WHERE u.study_id = v_decisions[i][1] AND u.decision = v_decisions[i][2]
                        ORDER BY u.ordinal DESC LIMIT 1) IS NULL) THEN
        NOTIFY nightshift_plan;
    END IF;
    RETURN coalesce(v_deleted, '{}');
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.delete_units FROM PUBLIC;
COMMENT ON FUNCTION nightshift.delete_units IS 'Deletes units that have all their results, and announces decisions that are complete with that.';

CREATE OR REPLACE FUNCTION nightshift.close(p_units bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN nightshift.delete_units(ARRAY(
        SELECT u.unit_id FROM nightshift.unit u
         WHERE u.unit_id = ANY (p_units)
           AND CASE WHEN u.kind = 'propose'
               THEN EXISTS (SELECT 1 FROM nightshift.proposal p WHERE p.study_id = u.study_id AND p.key = u.key)
               ELSE cardinality(nightshift.open_examples(u)) = 0 END));
END $$;

CREATE OR REPLACE FUNCTION nightshift.report(p_session uuid, p_results json)
RETURNS TABLE (unit_id bigint, verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_units bigint[];
    v_full bigint[];
    v_part bigint[];
    v_closed bigint[];
    v_is_foreign boolean;
BEGIN
    -- The text is read once. Units are looked up by key alone and locked in order: reports of parts of one unit queue up
    -- here, so that the last of them sees the others' results.
    WITH item AS MATERIALIZED (
        SELECT x.*, u.unit_id, u.study_id, u.key, u.kind, u.stage, u.candidate, u.split, u.rollout,
               cardinality(u.examples) AS size, coalesce(x.example = ANY (u.examples), false) AS is_asked
          FROM (SELECT * FROM ROWS FROM (json_to_recordset(p_results)
                    AS (unit bigint, example int, outcome text, score double precision, detail json, usage json,
                        latency_ms int, outputs json, error text)) WITH ORDINALITY
                    AS r (unit, example, outcome, score, detail, usage, latency_ms, outputs, error, place)
                 ORDER BY r.unit, r.place) x
          LEFT JOIN LATERAL (SELECT * FROM nightshift.unit t WHERE t.unit_id = x.unit FOR UPDATE) u ON true),
    stored AS (
        INSERT INTO nightshift.result (study_id, candidate, split, example, rollout, outcome, score, detail, usage, latency_ms, stage, session)
        SELECT i.study_id, i.candidate, i.split, i.example, i.rollout, i.outcome, i.score, i.detail,
               coalesce(i.usage, '{}'), coalesce(i.latency_ms, 0), i.stage, p_session
          FROM item i WHERE i.is_asked
        ON CONFLICT DO NOTHING),
    answered AS (
        INSERT INTO nightshift.proposal (study_id, key, outputs, error, usage, latency_ms, session)
        SELECT i.study_id, i.key, i.outputs, i.error, coalesce(i.usage, '{}'), coalesce(i.latency_ms, 0), p_session
          FROM item i WHERE i.kind = 'propose'
        ON CONFLICT DO NOTHING),
    reported AS (
        SELECT i.unit, bool_or(i.unit_id IS NOT NULL) AS is_open,
               bool_or(i.kind = 'propose') OR count(DISTINCT i.example) FILTER (WHERE i.is_asked) = max(i.size) AS is_full
          FROM item i GROUP BY i.unit)
    SELECT array_agg(r.unit), array_agg(r.unit) FILTER (WHERE r.is_open AND r.is_full),
           array_agg(r.unit) FILTER (WHERE r.is_open AND NOT r.is_full),
           EXISTS (SELECT 1 FROM (SELECT DISTINCT i.study_id FROM item i) d JOIN nightshift.study s USING (study_id)
                    WHERE s.team_id <> nightshift.my_team())
      INTO v_units, v_full, v_part, v_is_foreign FROM reported r;
    IF v_is_foreign THEN
        RAISE EXCEPTION 'these units belong to another team' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_part IS NOT NULL THEN
        -- With what was reported before, these may be complete, too: a later statement sees it.
        v_full := v_full || ARRAY(SELECT u.unit_id FROM nightshift.unit u
                                   WHERE u.unit_id = ANY (v_part) AND cardinality(nightshift.open_examples(u)) = 0);
    END IF;
    IF v_full IS NOT NULL THEN v_closed := nightshift.delete_units(v_full); END IF;
    IF v_part IS NOT NULL THEN
        -- A unit of slow examples may take longer than its lease: while results come, it is not hung.
        UPDATE nightshift.unit u SET due = clock_timestamp() + interval '10 min'
         WHERE u.unit_id = ANY (v_part) AND u.session = p_session AND u.due < clock_timestamp() + interval '5 min';
    END IF;
    RETURN QUERY
    SELECT v.id, CASE WHEN v.id = ANY (v_closed) THEN 'closed' WHEN v.id = ANY (v_part) THEN 'open' ELSE 'gone' END
      FROM unnest(v_units) AS v (id);
END $$;

-- What coordinators call -----------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION nightshift.decide(p_study bigint, p_holder uuid, p_term bigint, p_number int, p_key text, p_stage text,
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
    INSERT INTO nightshift.lane (study_id, priority)
    SELECT DISTINCT p_study, x.priority FROM json_to_recordset(p_units) AS x (priority smallint)
    ON CONFLICT DO NOTHING;
    -- In the order of the plan, so that unit_id rises with (decision, ordinal) within a lane: its low-water mark needs that.
    INSERT INTO nightshift.unit (study_id, key, decision, ordinal, priority, stage, kind, candidate, split, examples, rollout, payload)
    SELECT p_study, x.key, p_number, x.ordinal, x.priority, p_stage, x.kind, x.candidate, x.split,
           coalesce(x.examples, '{}'), coalesce(x.rollout, 0), x.payload
      FROM json_to_recordset(p_units)
           AS x (key text, ordinal int, priority smallint, kind text, candidate text, split text, examples int[], rollout int, payload json)
     ORDER BY x.ordinal
    ON CONFLICT (study_id, decision, ordinal) DO NOTHING;
    NOTIFY nightshift_work;
    RETURN true;
END $$;

CREATE FUNCTION nightshift.lose(p_unit bigint, p_was_alone boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE nightshift.unit u
       SET state = 'ready', session = NULL, due = NULL, losses = u.losses + 1, losses_alone = u.losses_alone + p_was_alone::int
     WHERE u.unit_id = p_unit AND NOT (p_was_alone AND u.losses_alone >= 2);
    IF NOT FOUND THEN
        PERFORM nightshift.set_aside(p_unit, 'its worker was lost three times while it ran alone');
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.lose FROM PUBLIC;
COMMENT ON FUNCTION nightshift.lose IS 'Counts a loss of a leased unit and makes it ready again, or sets it aside at the third loss alone.';

CREATE OR REPLACE FUNCTION nightshift.reap(p_max int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    r record;
    v_count int := 0;
BEGIN
    -- Whether a session has lost anything takes one look into the index, however many units it holds.
    FOR r IN
        SELECT h.unit_id, NOT EXISTS (SELECT 1 FROM nightshift.unit o WHERE o.session = h.session AND o.unit_id <> h.unit_id) AS was_alone
          FROM (SELECT u.unit_id, u.session
                  FROM nightshift.session s
                  JOIN nightshift.unit u
                    ON u.session = s.session AND u.due < CASE WHEN s.until <= v_now THEN 'infinity' ELSE v_now END
                 ORDER BY u.unit_id LIMIT p_max FOR UPDATE OF u SKIP LOCKED) h
    LOOP
        v_count := v_count + 1;
        PERFORM nightshift.lose(r.unit_id, r.was_alone);
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
