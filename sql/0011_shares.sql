-- What a team's studies get of its workers: shares by priority, drawn at each lease; a turn for units that must run alone,
-- however much other work there is; and nothing while a provider that a study needs is away.

ALTER TABLE nightshift.study ADD COLUMN priority smallint NOT NULL
    GENERATED ALWAYS AS (coalesce((spec ->> 'priority')::smallint, 10)) STORED CHECK (priority BETWEEN 1 AND 100);
COMMENT ON COLUMN nightshift.study.priority IS 'Its share of the team''s workers is in proportion to this: what its text says, 1 to 100, else 10.';

ALTER TABLE nightshift.session ADD COLUMN awaits bigint;
COMMENT ON COLUMN nightshift.session.awaits IS 'The suspect unit that the worker runs next, alone: until it holds nothing it leases nothing.';
CREATE INDEX session_awaits ON nightshift.session (awaits) WHERE awaits IS NOT NULL;

ALTER TABLE nightshift.unit ADD COLUMN leased_at timestamptz;
COMMENT ON COLUMN nightshift.unit.leased_at IS 'When it was leased last.';

-- Nothing reads it: a role's team is found by the role, and teams are not deleted.
DROP INDEX nightshift.member_team;

CREATE TABLE nightshift.provider_wait (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    session uuid NOT NULL REFERENCES nightshift.session ON DELETE CASCADE,
    message text NOT NULL,
    PRIMARY KEY (study_id, session)
);
COMMENT ON TABLE nightshift.provider_wait IS 'Workers that wait for a provider that a study needs: they lease nothing of it meanwhile.';
COMMENT ON COLUMN nightshift.provider_wait.study_id IS 'The study that waits.';
COMMENT ON COLUMN nightshift.provider_wait.session IS 'The worker that waits.';
COMMENT ON COLUMN nightshift.provider_wait.message IS 'What it waits for, for a person.';
CREATE INDEX provider_wait_session ON nightshift.provider_wait (session);

CREATE FUNCTION nightshift.take_awaited(p_session uuid, p_due timestamptz) RETURNS nightshift.unit
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_unit nightshift.unit;
BEGIN
    UPDATE nightshift.unit u
       SET state = 'leased', attempt = u.attempt + 1, session = p_session, due = p_due, leased_at = clock_timestamp()
      FROM nightshift.session s
     WHERE s.session = p_session AND u.unit_id = s.awaits AND u.state = 'ready' AND u.losses >= 2
    RETURNING u.* INTO v_unit;
    UPDATE nightshift.session s SET awaits = NULL WHERE s.session = p_session;
    RETURN v_unit;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.take_awaited FROM PUBLIC;
COMMENT ON FUNCTION nightshift.take_awaited IS 'Leases the unit that a session awaits; nothing where others have it by now. The session awaits it no longer.';

CREATE FUNCTION nightshift.is_awaiting(p_session uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM nightshift.session s
                     JOIN nightshift.unit u ON u.unit_id = s.awaits
                     JOIN nightshift.study t ON t.study_id = u.study_id
                    WHERE s.session = p_session AND u.state = 'ready' AND u.losses >= 2 AND t.state = 'running'
                      AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = t.study_id AND r.session = p_session)
                      -- What it holds of a study that waits may not end for long.
                      AND NOT EXISTS (SELECT 1 FROM nightshift.provider_wait w WHERE w.session = p_session))
$$;
REVOKE EXECUTE ON FUNCTION nightshift.is_awaiting FROM PUBLIC;
COMMENT ON FUNCTION nightshift.is_awaiting IS 'Whether the unit that a session awaits is still there to be run.';

CREATE FUNCTION nightshift.find_suspect(p_session uuid, p_study bigint, p_priority smallint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT coalesce(
        (SELECT u.unit_id FROM nightshift.unit u
          WHERE u.study_id = p_study AND u.priority = p_priority AND u.state = 'ready' AND u.attempt > 0 AND u.losses >= 2
            AND NOT EXISTS (SELECT 1 FROM nightshift.session o
                             WHERE o.awaits = u.unit_id AND o.session <> p_session AND o.until > clock_timestamp() AND NOT o.draining)
          ORDER BY u.decision, u.ordinal LIMIT 1),
        -- Who awaits it may be busy for long. A worker that holds nothing is faster; the other one goes on when it is gone.
        (SELECT u.unit_id FROM nightshift.unit u
          WHERE u.study_id = p_study AND u.priority = p_priority AND u.state = 'ready' AND u.attempt > 0 AND u.losses >= 2
            AND NOT EXISTS (SELECT 1 FROM nightshift.unit h WHERE h.session = p_session)
          ORDER BY u.decision, u.ordinal LIMIT 1))
$$;
REVOKE EXECUTE ON FUNCTION nightshift.find_suspect FROM PUBLIC;
COMMENT ON FUNCTION nightshift.find_suspect IS 'The first suspect unit of a lane that no other live worker awaits; for a worker that holds nothing, else the first one.';

CREATE FUNCTION nightshift.wait_for_providers(p_session uuid, p_studies bigint[], p_messages text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.commit_lazily();
    DELETE FROM nightshift.provider_wait w WHERE w.session = p_session;
    INSERT INTO nightshift.provider_wait (study_id, session, message)
    SELECT h.study_id, s.session, h.message
      FROM nightshift.session s, unnest(p_studies, p_messages) AS h (study_id, message)
      JOIN nightshift.study t USING (study_id)
     WHERE s.session = p_session AND t.team_id = s.team_id;
    NOTIFY nightshift_plan;
END $$;
COMMENT ON FUNCTION nightshift.wait_for_providers IS 'The studies that a worker holds back because a provider that they need is away, and what it waits for; whatever it said before is forgotten.';

CREATE FUNCTION nightshift.awaited_provider(p_study bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN count(*) = count(w.message) THEN min(w.message) END
      FROM nightshift.session s
      JOIN nightshift.study t USING (team_id)
      LEFT JOIN nightshift.provider_wait w ON w.study_id = p_study AND w.session = s.session
     WHERE t.study_id = p_study AND t.team_id = nightshift.my_team() AND s.until > clock_timestamp() AND NOT s.draining
       AND coalesce((s.info ->> 'study')::bigint, p_study) = p_study
       AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = p_study AND r.session = s.session)
$$;
COMMENT ON FUNCTION nightshift.awaited_provider IS 'What all live workers that could serve a study wait for; nothing where one does not wait.';

CREATE OR REPLACE FUNCTION nightshift.lease(p_session uuid, p_examples int, p_study bigint, p_unit_ttl_s double precision)
RETURNS TABLE (unit_id bigint, study_id bigint, attempt int, key text, kind text, stage text, candidate text, split text,
               examples int[], rollout int, payload json, suspect boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    v_team int;
    v_awaits bigint;
    v_left int := least(greatest(p_examples, 0), 4096);
    v_now timestamptz := clock_timestamp();
    v_due timestamptz := v_now + make_interval(secs => p_unit_ttl_s);
    v_holds boolean;
    v_lane record;
    v_suspect bigint;
    v_first bigint;
    v_size int;
    v_taken int;
BEGIN
    PERFORM nightshift.commit_lazily();
    SELECT s.team_id, s.awaits INTO v_team, v_awaits FROM nightshift.session s
     WHERE s.session = p_session AND s.until > clock_timestamp() AND NOT s.draining;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the worker''s session has expired' USING ERRCODE = 'NS001';
    END IF;
    IF v_awaits IS NOT NULL AND v_left > 0 THEN
        v_holds := EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.session = p_session);
        IF NOT nightshift.is_awaiting(p_session) THEN
            UPDATE nightshift.session s SET awaits = NULL WHERE s.session = p_session;
        ELSIF v_holds THEN
            RETURN;
        ELSE
            RETURN QUERY
            SELECT u.unit_id, u.study_id, u.attempt, u.key, u.kind, u.stage, u.candidate, u.split, nightshift.open_examples(u),
                   u.rollout, u.payload, true
              FROM nightshift.take_awaited(p_session, v_due) u WHERE u.unit_id IS NOT NULL;
            IF FOUND THEN RETURN; END IF;
        END IF;
        v_awaits := NULL;
    END IF;
    -- A lottery between the studies: of exponential variables with rates p the smallest is the i-th with chance p_i / sum(p).
    -- Within a study the most urgent lane is first.
    FOR v_lane IN
        SELECT s.study_id, l.priority, l.head
          FROM (SELECT t.study_id, -ln(1 - random()) / t.priority AS luck FROM nightshift.study t
                 WHERE t.state = 'running' AND t.team_id = v_team AND (p_study IS NULL OR t.study_id = p_study)) s
          JOIN nightshift.lane l USING (study_id)
         WHERE NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = s.study_id AND r.session = p_session)
           AND NOT EXISTS (SELECT 1 FROM nightshift.provider_wait w WHERE w.study_id = s.study_id AND w.session = p_session)
         ORDER BY s.luck, l.priority
    LOOP
        EXIT WHEN v_left <= 0;
        IF EXISTS (SELECT 1 FROM nightshift.unit u
                    WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt > 0) THEN
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
                    UPDATE nightshift.unit u
                       SET state = 'leased', attempt = u.attempt + 1, session = p_session, due = v_due, leased_at = v_now
                     WHERE u.ctid = ANY (ARRAY(SELECT c.place FROM chosen c)) RETURNING u.*)
                SELECT t.unit_id, t.study_id, t.attempt, t.key, t.kind, t.stage, t.candidate, t.split,
                       nightshift.open_examples(t::nightshift.unit), t.rollout, t.payload, false
                  FROM taken t ORDER BY t.decision, t.ordinal;
                GET DIAGNOSTICS v_taken = ROW_COUNT;
                v_left := v_left - v_taken * v_size;
                v_holds := v_holds OR v_taken > 0;
            END IF;
            EXIT WHEN v_left <= 0;
            -- A unit that has lost two workers is run alone: if a third is lost, it is to blame. A worker that holds nothing runs
            -- it at once; another ends what it holds before it leases anything else, so that no other work keeps it waiting.
            v_suspect := CASE WHEN v_awaits IS NULL AND NOT EXISTS (SELECT 1 FROM nightshift.provider_wait w WHERE w.session = p_session)
                              THEN nightshift.find_suspect(p_session, v_lane.study_id, v_lane.priority) END;
            IF v_suspect IS NOT NULL THEN
                v_holds := coalesce(v_holds, EXISTS (SELECT 1 FROM nightshift.unit u WHERE u.session = p_session));
                UPDATE nightshift.session s SET awaits = v_suspect WHERE s.session = p_session;
                v_awaits := v_suspect;
                IF NOT v_holds THEN
                    RETURN QUERY
                    SELECT u.unit_id, u.study_id, u.attempt, u.key, u.kind, u.stage, u.candidate, u.split,
                           nightshift.open_examples(u), u.rollout, u.payload, true
                      FROM nightshift.take_awaited(p_session, v_due) u WHERE u.unit_id IS NOT NULL;
                    EXIT WHEN FOUND;
                    v_awaits := NULL;
                END IF;
            END IF;
        END IF;
        SELECT min(x.unit_id), max(x.size) INTO v_first, v_size
          FROM (SELECT u.unit_id, greatest(1, cardinality(u.examples)) AS size FROM nightshift.unit u
                 WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt = 0
                   AND u.unit_id + 0 >= v_lane.head
                 ORDER BY u.unit_id + 0 LIMIT 8) x;
        CONTINUE WHEN v_first IS NULL;
        RETURN QUERY
        WITH chosen AS MATERIALIZED (
            SELECT u.ctid AS place FROM nightshift.unit u
             WHERE u.study_id = v_lane.study_id AND u.priority = v_lane.priority AND u.state = 'ready' AND u.attempt = 0
               AND u.unit_id + 0 >= v_first
             ORDER BY u.unit_id + 0 LIMIT greatest(1, v_left / v_size) FOR UPDATE SKIP LOCKED),
        taken AS (
            UPDATE nightshift.unit u SET state = 'leased', attempt = 1, session = p_session, due = v_due, leased_at = v_now
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
    END LOOP;
END $$;

-- For lists of studies.
CREATE OR REPLACE VIEW nightshift.study_overview WITH (security_barrier) AS
SELECT s.study_id, s.id, m.name AS team, s.name, CASE WHEN w.message IS NULL THEN s.state ELSE 'waiting' END AS state, s.finish_reason,
       coalesce(w.message, s.message) AS message, s.created_at, s.started_at, s.finished_at,
       coalesce(extract(epoch FROM coalesce(s.finished_at, clock_timestamp()) - s.started_at), 0)::double precision AS elapsed_s,
       (SELECT count(*) FROM nightshift.trial t WHERE t.study_id = s.study_id) AS trials,
       -- They have no gap.
       (SELECT coalesce(max(d.number) + 1, 0)::bigint FROM nightshift.decision d WHERE d.study_id = s.study_id) AS decisions,
       u.open AS open_units, u.leased AS leased_units,
       coalesce((SELECT l.until > clock_timestamp() FROM nightshift.leader l WHERE l.study_id = s.study_id), false) AS is_led,
       s.priority
  FROM nightshift.study s JOIN nightshift.team m USING (team_id)
 CROSS JOIN LATERAL (SELECT count(*) AS open, count(*) FILTER (WHERE x.state = 'leased') AS leased
                       FROM nightshift.unit x WHERE x.study_id = s.study_id) u
 CROSS JOIN LATERAL (SELECT CASE WHEN s.state = 'running' THEN nightshift.awaited_provider(s.study_id) END AS message) w
 WHERE s.team_id = nightshift.my_team();
COMMENT ON COLUMN nightshift.study.state IS 'queued until a coordinator starts it, then running; paused by a person or by trouble; finished, failed and cancelled are final. A running study whose workers all wait for a provider is shown as waiting.';

-- Waits --------------------------------------------------------------------------------------------------------------------------

-- What a limit or a failure costs an example is no latency of its own; but its slot was taken all the while.
ALTER TABLE nightshift.result ADD COLUMN waited_ms int NOT NULL DEFAULT 0 CHECK (waited_ms >= 0);
ALTER TABLE nightshift.proposal ADD COLUMN waited_ms int NOT NULL DEFAULT 0 CHECK (waited_ms >= 0);
COMMENT ON COLUMN nightshift.result.latency_ms IS 'Wall time of the example in the worker, in milliseconds, without waited_ms; of workers of older releases with it.';
COMMENT ON COLUMN nightshift.result.waited_ms IS 'Milliseconds in which the example only waited: for the budget, a limit or a provider, or to try a call again.';
COMMENT ON COLUMN nightshift.proposal.latency_ms IS 'Wall time of the call in the worker, in milliseconds, without waited_ms; of workers of older releases with it.';
COMMENT ON COLUMN nightshift.proposal.waited_ms IS 'Milliseconds in which the call only waited: for the budget, a limit or a provider, or to be tried again.';

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
                        latency_ms int, waited_ms int, outputs json, error text)) WITH ORDINALITY
                    AS r (unit, example, outcome, score, detail, usage, latency_ms, waited_ms, outputs, error, place)
                 ORDER BY r.unit, r.place) x
          LEFT JOIN LATERAL (SELECT * FROM nightshift.unit t WHERE t.unit_id = x.unit FOR UPDATE) u ON true),
    stored AS (
        INSERT INTO nightshift.result (study_id, candidate, split, example, rollout, outcome, score, detail, usage, latency_ms, waited_ms, stage, session)
        SELECT i.study_id, i.candidate, i.split, i.example, i.rollout, i.outcome, i.score, i.detail,
               coalesce(i.usage, '{}'), coalesce(i.latency_ms, 0), coalesce(i.waited_ms, 0), i.stage, p_session
          FROM item i WHERE i.is_asked
        ON CONFLICT DO NOTHING),
    answered AS (
        INSERT INTO nightshift.proposal (study_id, key, outputs, error, usage, latency_ms, waited_ms, session)
        SELECT i.study_id, i.key, i.outputs, i.error, coalesce(i.usage, '{}'), coalesce(i.latency_ms, 0), coalesce(i.waited_ms, 0), p_session
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

CREATE OR REPLACE FUNCTION nightshift.search_idleness(p_study bigint, p_slots int) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH stage AS (
        SELECT (SELECT min(d.created_at) FROM nightshift.decision d
                 WHERE d.study_id = p_study AND d.stage = 'search' AND d.units > 0) AS began,
               (SELECT max(r.at) FROM nightshift.result r WHERE r.study_id = p_study AND r.stage = 'search') AS ended
         WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())),
    run AS (
        SELECT greatest(w.at - w.span, g.began) AS began, least(w.at, g.ended) AS ended
          FROM (SELECT r.at, (r.latency_ms + r.waited_ms) * interval '1 ms' AS span FROM nightshift.result r WHERE r.study_id = p_study
                UNION ALL SELECT p.at, (p.latency_ms + p.waited_ms) * interval '1 ms' FROM nightshift.proposal p WHERE p.study_id = p_study) w CROSS JOIN stage g
         WHERE w.at > g.began AND w.at - w.span < g.ended),
    -- Every run opens a slot and closes it; so many are busy between two such moments.
    swept AS (
        SELECT sum(c.change) OVER moments AS busy, lead(c.at) OVER moments - c.at AS span
          FROM (SELECT began AS at, 1 AS change FROM run UNION ALL SELECT ended, -1 FROM run) c
        WINDOW moments AS (ORDER BY c.at, c.change))
    SELECT greatest(0, 1 - coalesce((SELECT sum(least(s.busy, p_slots) * extract(epoch FROM s.span)) FROM swept s), 0)
                           / nullif(p_slots * extract(epoch FROM g.ended - g.began), 0))::double precision
      FROM stage g WHERE g.ended > g.began
$$;

INSERT INTO nightshift.permission (kind, object)
SELECT 'worker', 'wait_for_providers'
UNION ALL SELECT k, 'awaited_provider' FROM unnest('{coordinator,member,viewer}'::text[]) AS k;
SELECT nightshift.secure();
