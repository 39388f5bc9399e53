-- A study pauses where its units fail, not where some of their examples do.

CREATE OR REPLACE FUNCTION nightshift.fail(p_session uuid, p_unit bigint, p_attempt int, p_error text, p_delay_s double precision) RETURNS text
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
    -- One unit that fails is the unit's fault; most of those that were tried failing is the surroundings' fault. A unit that lacks one
    -- or two of its examples does not fail: these examples do, and it says nothing of the surroundings. Near a stage's end such units
    -- are all that is left.
    SELECT count(*) FILTER (WHERE x.failures > 0), count(*) INTO v_failing, v_tried
      FROM (SELECT x.failures,
                   x.failures > 0 AND (SELECT count(*) - count(r.example) <= 2 AND count(r.example) * 2 > count(*)
                                         FROM unnest(x.examples) AS e (number)
                                         LEFT JOIN nightshift.result r
                                           ON r.study_id = x.study_id AND r.candidate = x.candidate AND r.split = x.split
                                          AND r.example = e.number AND r.rollout = x.rollout) AS is_mostly_done
              FROM nightshift.unit x WHERE x.study_id = u.study_id AND x.attempt > 0) x
     WHERE NOT x.is_mostly_done;
    IF v_failing >= 4 AND v_failing * 2 > v_tried THEN
        UPDATE nightshift.unit x SET failures = 0 WHERE x.study_id = u.study_id AND x.failures > 0;
        PERFORM nightshift.pause_for(u.study_id, 'calls to the LM keep failing: ' || p_error);
        RETURN 'paused';
    END IF;
    PERFORM nightshift.set_aside(p_unit, p_error);
    RETURN 'set aside';
END $$;
COMMENT ON FUNCTION nightshift.fail IS 'A unit could not be run for reasons outside the program: it is delayed and tried elsewhere; at the third failure it is set aside, or the study pauses when most units fail that lack more than two examples.';
