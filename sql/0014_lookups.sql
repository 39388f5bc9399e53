-- What must cost the same however much a database holds, from its first minute on, when the planner knows nothing of its tables.
-- Rows that are asked for by key are looked up one by one: of a list of keys the planner makes a filter over all rows that share the
-- rest of the key, where it believes that these are few; the LIMITs keep it from joining. Who asks is looked up once a statement.

CREATE OR REPLACE FUNCTION nightshift.open_examples(p_unit nightshift.unit) RETURNS int[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT x.e FROM unnest(p_unit.examples) WITH ORDINALITY AS x (e, o)
                  WHERE (SELECT true FROM nightshift.result r
                          WHERE r.study_id = p_unit.study_id AND r.candidate = p_unit.candidate AND r.split = p_unit.split
                            AND r.example = x.e AND r.rollout = p_unit.rollout LIMIT 1) IS NULL
                  ORDER BY x.o)
$$;

CREATE OR REPLACE FUNCTION nightshift.examples(p_study bigint, p_split text, p_numbers int[]) RETURNS TABLE (number int, content json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.number, e.content
      FROM nightshift.study_split p
     CROSS JOIN (SELECT DISTINCT n FROM unnest(p_numbers) AS x (n) ORDER BY n) x
     CROSS JOIN LATERAL (SELECT e.number, e.content FROM nightshift.example e
                          WHERE e.dataset_id = p.dataset_id AND e.number = x.n LIMIT 1) e
     WHERE p.study_id = p_study AND p.split = p_split AND (SELECT nightshift.may_read(p_study))
$$;

CREATE OR REPLACE FUNCTION nightshift.run_outcome(p_study bigint, p_candidate text, p_split text, p_rollout int, p_examples int[], p_details boolean)
RETURNS TABLE (example int, outcome text, score double precision, detail json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.example, r.outcome, r.score, CASE WHEN p_details THEN r.detail END
      FROM (SELECT DISTINCT n FROM unnest(p_examples) AS x (n) ORDER BY n) x
     CROSS JOIN LATERAL (SELECT r.* FROM nightshift.result r
                          WHERE r.study_id = p_study AND r.candidate = p_candidate AND r.split = p_split AND r.example = x.n
                            AND r.rollout = p_rollout LIMIT 1) r
     WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())
$$;

CREATE OR REPLACE FUNCTION nightshift.cache_find(p_keys bytea[]) RETURNS TABLE (key text, answer text, prompt_tokens int, completion_tokens int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_team int := nightshift.my_team();
BEGIN
    RETURN QUERY
    SELECT encode(a.key, 'hex'), a.answer, a.prompt_tokens, a.completion_tokens
      FROM (SELECT DISTINCT k FROM unnest(p_keys) AS x (k)) x
     CROSS JOIN LATERAL (SELECT * FROM nightshift.answer a WHERE a.team_id = v_team AND a.key = x.k LIMIT 1) a;
    -- At most one write per answer and day. Whoever is about to write one need not be waited for.
    IF FOUND THEN
        UPDATE nightshift.answer a SET used_on = current_date
         WHERE a.team_id = v_team AND a.key IN (
            SELECT a.key FROM (SELECT DISTINCT k FROM unnest(p_keys) AS x (k)) x
             CROSS JOIN LATERAL (SELECT y.key FROM nightshift.answer y
                                  WHERE y.team_id = v_team AND y.key = x.k AND y.used_on < current_date LIMIT 1
                                    FOR UPDATE SKIP LOCKED) a);
    END IF;
END $$;

-- As before, but for the two look-ups at its end.
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
    v_studies bigint[];
    v_team int := nightshift.my_team();
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
           ARRAY(SELECT DISTINCT i.study_id FROM item i WHERE i.study_id IS NOT NULL)
      INTO v_units, v_full, v_part, v_studies FROM reported r;
    IF EXISTS (SELECT 1 FROM unnest(v_studies) AS d (id)
                WHERE (SELECT s.team_id FROM nightshift.study s WHERE s.study_id = d.id) <> v_team) THEN
        RAISE EXCEPTION 'these units belong to another team' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_part IS NOT NULL THEN
        -- With what was reported before, these may be complete, too: a later statement sees it.
        v_full := v_full || ARRAY(SELECT u.unit_id FROM nightshift.unit u
                                   WHERE u.unit_id = ANY (v_part)
                                     AND NOT EXISTS (
                                        SELECT 1 FROM unnest(u.examples) AS x (e)
                                         WHERE (SELECT true FROM nightshift.result r
                                                 WHERE r.study_id = u.study_id AND r.candidate = u.candidate AND r.split = u.split
                                                   AND r.example = x.e AND r.rollout = u.rollout LIMIT 1) IS NULL));
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

CREATE OR REPLACE FUNCTION nightshift.tally_proposals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A report of examples inserts none, and this is called all the same.
    IF NOT EXISTS (SELECT 1 FROM new_rows) THEN RETURN NULL; END IF;
    INSERT INTO nightshift.tally (study_id, stage, results, failed, ended_at)
    SELECT n.study_id, 'propose', count(*), count(n.error), max(n.at) FROM new_rows n GROUP BY 1;
    INSERT INTO nightshift.tally (study_id, stage, role, calls, attempts, cached, prompt_tokens, completion_tokens)
    SELECT n.study_id, 'propose', u.key, coalesce(sum(c.calls), 0), coalesce(sum(c.attempts), 0),
           coalesce(sum(c.cached), 0), coalesce(sum(c.prompt_tokens), 0), coalesce(sum(c.completion_tokens), 0)
      FROM new_rows n CROSS JOIN LATERAL json_each(n.usage) u
     CROSS JOIN LATERAL json_to_record(u.value)
           AS c (calls bigint, attempts bigint, cached bigint, prompt_tokens bigint, completion_tokens bigint)
     GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE VIEW nightshift.my_study WITH (security_barrier) AS
SELECT s.study_id, s.id, s.team_id, s.name, s.fingerprint, s.spec, s.plan_version, s.state, s.finish_reason, s.message, s.result,
       s.created_at, s.started_at, s.finished_at
  FROM nightshift.study s WHERE s.team_id = (SELECT nightshift.my_team());

CREATE OR REPLACE VIEW nightshift.live_process WITH (security_barrier) AS
SELECT DISTINCT x.info ->> 'host' AS host, (x.info ->> 'pid')::int AS pid
  FROM (SELECT s.info FROM nightshift.session s WHERE s.until > clock_timestamp() AND s.team_id = (SELECT nightshift.my_team())
        UNION ALL
        SELECT l.info FROM nightshift.leader l JOIN nightshift.study t USING (study_id)
         WHERE l.until > clock_timestamp() AND t.team_id = (SELECT nightshift.my_team())) x;

CREATE OR REPLACE VIEW nightshift.live_session WITH (security_barrier) AS
SELECT s.session, s.name, s.info ->> 'host' AS host, (s.info ->> 'pid')::int AS pid, s.draining, s.registered_at,
       (SELECT count(*) FROM nightshift.unit u WHERE u.session = s.session) AS units
  FROM nightshift.session s WHERE s.until > clock_timestamp() AND s.team_id = (SELECT nightshift.my_team());

CREATE OR REPLACE VIEW nightshift.corpus_overview WITH (security_barrier) AS
SELECT c.sha256, n.name, c.size, coalesce(n.given_at, c.created_at) AS loaded_at,
       (SELECT coalesce(json_agg(json_build_object('model', e.model, 'dimensions', e.dimensions) ORDER BY e.model), '[]')
          FROM nightshift.embedding e WHERE e.corpus_id = c.corpus_id AND e.is_complete) AS embeddings
  FROM nightshift.corpus c LEFT JOIN nightshift.corpus_name n USING (corpus_id)
 WHERE c.team_id = (SELECT nightshift.my_team()) AND c.is_complete;

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
 WHERE s.team_id = (SELECT nightshift.my_team());

SELECT nightshift.secure();
