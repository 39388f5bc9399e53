-- What the searches beyond the first two need: runs whose traces are kept for the plan, examples that are tried again.

ALTER TABLE nightshift.unit DROP CONSTRAINT unit_kind_check;
ALTER TABLE nightshift.unit ADD CONSTRAINT unit_kind_check CHECK (kind IN ('evaluate', 'bootstrap', 'trace', 'propose'));

CREATE FUNCTION nightshift.run_outcome(p_study bigint, p_candidate text, p_split text, p_rollout int, p_examples int[], p_details boolean)
RETURNS TABLE (example int, outcome text, score double precision, detail json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.example, r.outcome, r.score, CASE WHEN p_details THEN r.detail END
      FROM nightshift.result r
     WHERE r.study_id = p_study AND r.candidate = p_candidate AND r.split = p_split AND r.rollout = p_rollout
       AND r.example = ANY (p_examples)
       AND EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())
$$;
COMMENT ON FUNCTION nightshift.run_outcome IS 'The results of a block of examples, with their details (prediction, error, feedback, trace) where these are asked for.';

CREATE FUNCTION nightshift.postpone(p_session uuid, p_unit bigint, p_attempt int, p_delay_s double precision) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever postpones has done its part: what failed or was lost before says nothing of the tries to come.
    UPDATE nightshift.unit u
       SET state = 'delayed', session = NULL, due = clock_timestamp() + make_interval(secs => greatest(p_delay_s, 0)),
           failures = 0, losses = 0, losses_alone = 0, last_error = NULL
     WHERE u.unit_id = p_unit AND u.attempt = p_attempt AND u.session = p_session;
    RETURN CASE WHEN FOUND THEN 'delayed' ELSE 'gone' END;
END $$;
COMMENT ON FUNCTION nightshift.postpone IS 'A unit waits for something outside, such as a provider''s job, and is looked at again after the delay; no failure is counted. Gone: it is no longer the session''s.';

-- What the search believes ---------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.belief (
    study_id bigint NOT NULL,
    trial int NOT NULL,
    mean double precision NOT NULL CHECK (mean > '-Infinity' AND mean < 'Infinity'),
    deviation double precision NOT NULL CHECK (deviation >= 0 AND deviation < 'Infinity'),
    decision int NOT NULL,
    PRIMARY KEY (study_id, trial),
    FOREIGN KEY (study_id, trial) REFERENCES nightshift.trial (study_id, number) ON DELETE CASCADE
);
COMMENT ON TABLE nightshift.belief IS 'What the search''s model believed last of each trial''s score. Nothing follows from it: leaders write it for people to see.';
COMMENT ON COLUMN nightshift.belief.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.belief.trial IS 'The trial''s number.';
COMMENT ON COLUMN nightshift.belief.mean IS 'Posterior mean of the score over the validation rows.';
COMMENT ON COLUMN nightshift.belief.deviation IS 'Posterior standard deviation of that mean.';
COMMENT ON COLUMN nightshift.belief.decision IS 'How many decisions were made by then.';

CREATE FUNCTION nightshift.believe(p_study bigint, p_holder uuid, p_term bigint, p_decision int, p_beliefs json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    INSERT INTO nightshift.belief (study_id, trial, mean, deviation, decision)
    SELECT p_study, x.trial, x.mean, x.deviation, p_decision
      FROM json_to_recordset(p_beliefs) AS x (trial int, mean double precision, deviation double precision)
      JOIN nightshift.trial t ON t.study_id = p_study AND t.number = x.trial
    ON CONFLICT (study_id, trial) DO UPDATE
       SET mean = excluded.mean, deviation = excluded.deviation, decision = excluded.decision;
END $$;
COMMENT ON FUNCTION nightshift.believe IS 'Replaces what the search believes of trials.';

-- An example counts as rollout 0 left it, or as its repetition (rollout 1) where rollout 0 has no score: then, and only then, is
-- there a repetition.
CREATE OR REPLACE VIEW nightshift.trial_overview AS
SELECT t.study_id, t.number, t.candidate, t.params, t.provenance,
       CASE WHEN s.state = 'cancelled' AND r.examples < r.seen THEN 'cancelled'
            WHEN EXISTS (SELECT 1 FROM nightshift.unit u
                          WHERE u.study_id = t.study_id AND u.candidate = t.candidate AND u.kind = 'evaluate' AND u.split = 'val') THEN 'running'
            WHEN s.state = 'cancelled' AND r.seen = 0 THEN 'cancelled'
            WHEN r.seen = 0 THEN 'running'
            WHEN r.examples < coalesce((s.spec #>> '{optimizer,min_coverage}')::double precision, 0.9) * r.seen THEN 'incomplete'
            ELSE 'complete' END AS state,
       r.score, r.examples, r.calls, r.errors, t.created_at, r.finished_at, b.mean AS posterior, b.deviation
  FROM nightshift.trial t
  JOIN nightshift.study s USING (study_id)
  LEFT JOIN nightshift.belief b ON b.study_id = t.study_id AND b.trial = t.number
 CROSS JOIN LATERAL (
       -- In the order of the examples, so that the sum is the same to the bit.
       SELECT sum(x.score ORDER BY x.example) / nullif(count(x.score), 0) AS score, count(x.score) AS examples,
              count(*) FILTER (WHERE x.rollout = 0) AS seen,
              count(*) FILTER (WHERE x.outcome <> 'scored') - count(*) FILTER (WHERE x.rollout = 1) AS errors,
              max(x.at) AS finished_at, coalesce(sum((x.usage #>> '{task,calls}')::bigint), 0)::bigint AS calls
         FROM nightshift.result x
        WHERE x.study_id = t.study_id AND x.candidate = t.candidate AND x.split = 'val' AND x.rollout IN (0, 1)) r;
COMMENT ON VIEW nightshift.trial_overview IS 'Trials with what follows from their results: plain mean of the validation examples scored so far, how many, and the state; and what the search believes of them.';

-- What was used and what may be ------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.usage_of(p_study bigint, p_works json)
RETURNS TABLE (work int, role text, calls bigint, prompt_tokens bigint, completion_tokens bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.work, u.key, sum((u.value ->> 'calls')::bigint)::bigint,
           coalesce(sum((u.value ->> 'prompt_tokens')::bigint), 0)::bigint,
           coalesce(sum((u.value ->> 'completion_tokens')::bigint), 0)::bigint
      FROM (SELECT x.work, r.usage
              FROM json_to_recordset(p_works) AS x (work int, candidate text, split text, rollout int, examples json)
             CROSS JOIN LATERAL json_array_elements_text(x.examples) AS e (number)
              JOIN nightshift.result r
                ON r.study_id = p_study AND r.candidate = x.candidate AND r.split = x.split AND r.rollout = x.rollout
               AND r.example = e.number::int
             WHERE x.candidate IS NOT NULL
            UNION ALL
            SELECT x.work, p.usage
              FROM json_to_recordset(p_works) AS x (work int, keys json)
             CROSS JOIN LATERAL json_array_elements_text(x.keys) AS k (key)
              JOIN nightshift.proposal p ON p.study_id = p_study AND p.key = k.key
             WHERE x.keys IS NOT NULL) w
     CROSS JOIN LATERAL json_each(w.usage) u
     WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())
     GROUP BY w.work, u.key
     ORDER BY w.work, u.key
$$;
COMMENT ON FUNCTION nightshift.usage_of IS 'LM calls and tokens by role of pieces of a study''s work: blocks of examples of a candidate, or proposals by their keys.';

CREATE FUNCTION nightshift.allowance(p_study bigint) RETURNS TABLE (budget json, elapsed_s double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.spec -> 'budget',
           coalesce(extract(epoch FROM clock_timestamp() - s.started_at), 0)::double precision
      FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team()
$$;
COMMENT ON FUNCTION nightshift.allowance IS 'A study''s budget as its text has it now, and the seconds since it was started.';

-- Earlier studies of the same program --------------------------------------------------------------------------------------------

ALTER TABLE nightshift.study ADD COLUMN signature text CHECK (signature ~ '^[0-9a-f]{64}$');
ALTER TABLE nightshift.study ADD COLUMN earlier json;
COMMENT ON COLUMN nightshift.study.signature IS 'Hash of what its program''s predictors take and give; studies with equal ones can use each other''s candidates.';
COMMENT ON COLUMN nightshift.study.earlier IS 'The candidates of earlier studies that it begins with, chosen once.';
CREATE INDEX study_signature ON nightshift.study (team_id, signature, study_id DESC) WHERE state = 'finished';

CREATE FUNCTION nightshift.sign_study(p_study bigint, p_holder uuid, p_term bigint, p_signature text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_earlier json;
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    UPDATE nightshift.study s SET signature = p_signature WHERE s.study_id = p_study AND s.signature IS DISTINCT FROM p_signature;
    SELECT s.earlier INTO v_earlier FROM nightshift.study s WHERE s.study_id = p_study;
    RETURN v_earlier;
END $$;
COMMENT ON FUNCTION nightshift.sign_study IS 'Notes the signature of a study''s program; answers the earlier candidates that were chosen for it, if they were.';

CREATE FUNCTION nightshift.earlier_candidates(p_study bigint, p_limit int)
RETURNS TABLE (id text, name text, trial int, state json, score double precision, examples bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.id, x.name, x.number, c.state, x.score, x.examples
      FROM (SELECT e.study_id, e.id, e.name, t.number, t.candidate, t.score, t.examples,
                   coalesce((e.result #>> '{best,trial}')::int = t.number, false) AS is_winner,
                   t.examples = max(t.examples) OVER (PARTITION BY e.study_id) AS is_full
              FROM (SELECT f.study_id, f.id, f.name, f.result
                      FROM nightshift.study s
                      JOIN nightshift.study f ON f.team_id = s.team_id AND f.signature = s.signature AND f.study_id < s.study_id
                     WHERE s.study_id = p_study AND s.team_id = nightshift.my_team() AND f.state = 'finished'
                     ORDER BY f.study_id DESC LIMIT 20) e
              JOIN nightshift.trial_overview t USING (study_id)
             WHERE t.number > 0 AND t.score IS NOT NULL AND t.state <> 'incomplete') x
      JOIN nightshift.candidate c ON c.study_id = x.study_id AND c.candidate = x.candidate
     ORDER BY x.is_winner DESC, x.is_full DESC, x.score DESC, x.examples DESC, x.study_id DESC, x.number
     LIMIT p_limit
$$;
COMMENT ON FUNCTION nightshift.earlier_candidates IS 'The best candidates of the team''s last twenty finished studies of the same signature: winners first, then those with the most examples, then by score.';

CREATE FUNCTION nightshift.choose_earlier(p_study bigint, p_holder uuid, p_term bigint, p_earlier json) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_earlier json;
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    UPDATE nightshift.study s SET earlier = coalesce(s.earlier, p_earlier) WHERE s.study_id = p_study RETURNING s.earlier INTO v_earlier;
    RETURN v_earlier;
END $$;
COMMENT ON FUNCTION nightshift.choose_earlier IS 'Records with which earlier candidates a study begins; the first choice stands, and is answered.';

-- Slots ---------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.slots(p_study bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum((s.info ->> 'concurrency')::bigint), 0)::bigint
      FROM nightshift.session s JOIN nightshift.study t USING (team_id)
     WHERE t.study_id = p_study AND s.until > clock_timestamp() AND NOT s.draining
       AND coalesce((s.info ->> 'study')::bigint, p_study) = p_study
       AND NOT EXISTS (SELECT 1 FROM nightshift.refusal r WHERE r.study_id = p_study AND r.session = s.session)
$$;
COMMENT ON FUNCTION nightshift.slots IS 'How many examples the live workers that serve a study keep in flight together.';

CREATE FUNCTION nightshift.search_idleness(p_study bigint, p_slots int) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH stage AS (
        SELECT (SELECT min(d.created_at) FROM nightshift.decision d
                 WHERE d.study_id = p_study AND d.stage = 'search' AND d.units > 0) AS began,
               (SELECT max(r.at) FROM nightshift.result r WHERE r.study_id = p_study AND r.stage = 'search') AS ended
         WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())),
    run AS (
        SELECT greatest(w.at - w.latency_ms * interval '1 ms', g.began) AS began, least(w.at, g.ended) AS ended
          FROM (SELECT r.at, r.latency_ms FROM nightshift.result r WHERE r.study_id = p_study
                UNION ALL SELECT p.at, p.latency_ms FROM nightshift.proposal p WHERE p.study_id = p_study) w CROSS JOIN stage g
         WHERE w.at > g.began AND w.at - w.latency_ms * interval '1 ms' < g.ended),
    -- Every run opens a slot and closes it; so many are busy between two such moments.
    swept AS (
        SELECT sum(c.change) OVER moments AS busy, lead(c.at) OVER moments - c.at AS span
          FROM (SELECT began AS at, 1 AS change FROM run UNION ALL SELECT ended, -1 FROM run) c
        WINDOW moments AS (ORDER BY c.at, c.change))
    SELECT greatest(0, 1 - coalesce((SELECT sum(least(s.busy, p_slots) * extract(epoch FROM s.span)) FROM swept s), 0)
                           / nullif(p_slots * extract(epoch FROM g.ended - g.began), 0))::double precision
      FROM stage g WHERE g.ended > g.began
$$;
COMMENT ON FUNCTION nightshift.search_idleness IS 'The share of so many slots'' time, from the first decision of the search to its last result, in which they ran nothing of the study. None where nothing was searched.';
