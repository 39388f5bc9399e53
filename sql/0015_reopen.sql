-- A study whose budget ended among its test rows goes on, too, and nothing that it has is run again.

ALTER TABLE nightshift.study ADD COLUMN reopened boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN nightshift.study.reopened IS 'Whether its stop was taken back: results may be there before the decision that asks for them.';

-- As before, but that the study remembers it, and that what was decided for the test split is decided anew, since the rows of it
-- that are run again need units.
CREATE OR REPLACE FUNCTION nightshift.reopen(p_study bigint, p_spec json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_stop int;
BEGIN
    PERFORM 1 FROM nightshift.study s
      WHERE s.study_id = p_study AND s.team_id = nightshift.my_team() AND s.state = 'finished'
        AND s.finish_reason LIKE 'budget\_%' FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    SELECT min(d.number) INTO v_stop FROM nightshift.decision d WHERE d.study_id = p_study AND d.body #>> '{work,kind}' = 'stop';
    IF v_stop IS NULL THEN RETURN false; END IF;
    v_stop := least(v_stop, (SELECT min(d.number) FROM nightshift.decision d WHERE d.study_id = p_study AND d.stage = 'test'));
    -- The search goes on where it was stopped; results that came after that are kept. Test rows that the budget had no room for
    -- are run again; their counters go with them.
    WITH gone AS (
        DELETE FROM nightshift.result r
         WHERE r.study_id = p_study AND r.stage = 'test' AND r.outcome = 'infrastructure_error' RETURNING r.*)
    INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, results, failed)
    SELECT g.study_id, g.stage, g.candidate, g.split, g.rollout, -count(*), -count(*) FROM gone g GROUP BY 1, 2, 3, 4, 5;
    DELETE FROM nightshift.decision d WHERE d.study_id = p_study AND d.number >= v_stop;
    UPDATE nightshift.study s
       SET state = 'running', finish_reason = NULL, finished_at = NULL, result = NULL, message = NULL, spec = p_spec,
           reopened = true
     WHERE s.study_id = p_study;
    INSERT INTO nightshift.event (study_id, kind, data) VALUES (p_study, 'study.reopened', p_spec -> 'budget');
    NOTIFY nightshift_plan;
    RETURN true;
END $$;

-- As before, but that a study which was reopened gets units of those examples only that have no result. Fresh units are leased as
-- they are: for other studies there is nothing to look up.
CREATE OR REPLACE FUNCTION nightshift.decide(p_study bigint, p_holder uuid, p_term bigint, p_number int, p_key text, p_stage text,
                                  p_body json, p_candidates json, p_trials json, p_units json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_reopened boolean;
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    -- Held to the end: a cancellation at the same time comes before, or finds the new units and deletes them.
    SELECT s.reopened INTO v_reopened FROM nightshift.study s
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
           coalesce(o.examples, '{}'), coalesce(x.rollout, 0), x.payload
      FROM json_to_recordset(p_units)
           AS x (key text, ordinal int, priority smallint, kind text, candidate text, split text, examples int[], rollout int, payload json)
     CROSS JOIN LATERAL (
            SELECT CASE WHEN NOT v_reopened THEN x.examples ELSE
                   ARRAY(SELECT y.e FROM unnest(x.examples) WITH ORDINALITY AS y (e, o)
                          WHERE (SELECT true FROM nightshift.result r
                                  WHERE r.study_id = p_study AND r.candidate = x.candidate AND r.split = x.split
                                    AND r.example = y.e AND r.rollout = coalesce(x.rollout, 0) LIMIT 1) IS NULL
                          ORDER BY y.o) END AS examples) o
     -- What asks for no examples is a proposal.
     WHERE coalesce(cardinality(x.examples), 0) = 0 OR cardinality(o.examples) > 0
     ORDER BY x.ordinal
    ON CONFLICT (study_id, decision, ordinal) DO NOTHING;
    NOTIFY nightshift_work;
    RETURN true;
END $$;

SELECT nightshift.secure();
