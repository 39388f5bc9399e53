-- A study that is reopened has not worked while it lay finished: `budget.wall` does not count that time.
COMMENT ON COLUMN nightshift.study.started_at IS
    'When a coordinator first started it; later by as long as it lay finished before its stop was taken back.';

-- As before, but for started_at.
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
           reopened = true, started_at = s.started_at + (clock_timestamp() - s.finished_at)
     WHERE s.study_id = p_study;
    INSERT INTO nightshift.event (study_id, kind, data) VALUES (p_study, 'study.reopened', p_spec -> 'budget');
    NOTIFY nightshift_plan;
    RETURN true;
END $$;

SELECT nightshift.secure();
