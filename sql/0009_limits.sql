-- What a fleet shares of the limits of its providers. Workers draw once a second, not once a call. Nothing here is worth keeping:
-- after a crash of the server the next draws fill it again.

CREATE UNLOGGED TABLE nightshift.call_demand (
    team_id int NOT NULL,
    endpoint text NOT NULL,
    model text NOT NULL,
    holder uuid NOT NULL,
    demand double precision NOT NULL CHECK (demand >= 0 AND demand < 'Infinity'),
    until timestamptz NOT NULL,
    PRIMARY KEY (team_id, endpoint, model, holder)
) WITH (fillfactor = 50);
COMMENT ON TABLE nightshift.call_demand IS 'How many calls each process wants to make of each model, lately: limits are shared in that proportion.';
COMMENT ON COLUMN nightshift.call_demand.team_id IS 'The team whose limit it is.';
COMMENT ON COLUMN nightshift.call_demand.endpoint IS 'Address of the API.';
COMMENT ON COLUMN nightshift.call_demand.model IS 'The model''s name there.';
COMMENT ON COLUMN nightshift.call_demand.holder IS 'The process; it makes the number up when it starts.';
COMMENT ON COLUMN nightshift.call_demand.demand IS 'Calls that came since the last draw, and those that waited then.';
COMMENT ON COLUMN nightshift.call_demand.until IS 'When the process is taken for dead and its share goes to the others.';

CREATE UNLOGGED TABLE nightshift.call_pause (
    team_id int NOT NULL,
    endpoint text NOT NULL,
    model text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (team_id, endpoint, model)
);
COMMENT ON TABLE nightshift.call_pause IS 'Until when a provider asked to be left alone, as one process was told it.';
COMMENT ON COLUMN nightshift.call_pause.team_id IS 'The team that was told.';
COMMENT ON COLUMN nightshift.call_pause.endpoint IS 'Address of the API.';
COMMENT ON COLUMN nightshift.call_pause.model IS 'The model''s name there.';
COMMENT ON COLUMN nightshift.call_pause.until IS 'The end of the pause. It is never moved on while it lasts.';

CREATE FUNCTION nightshift.draw_allowance(p_holder uuid, p_draws json, p_ttl_s double precision)
RETURNS TABLE (endpoint text, model text, share double precision, pause_s double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off AS $$
#variable_conflict use_column
DECLARE
    v_team int := nightshift.my_team();
    v_now timestamptz := clock_timestamp();
BEGIN
    INSERT INTO nightshift.call_demand (team_id, endpoint, model, holder, demand, until)
    SELECT v_team, x.endpoint, x.model, p_holder, greatest(x.demand, 0), v_now + make_interval(secs => p_ttl_s)
      FROM json_to_recordset(p_draws) AS x (endpoint text, model text, demand double precision)
     ORDER BY x.endpoint, x.model
    ON CONFLICT (team_id, endpoint, model, holder) DO UPDATE SET demand = excluded.demand, until = excluded.until;
    -- A pause that is under way is not begun again: it would never end.
    INSERT INTO nightshift.call_pause (team_id, endpoint, model, until)
    SELECT v_team, x.endpoint, x.model, v_now + make_interval(secs => least(x.pause_s, 60))
      FROM json_to_recordset(p_draws) AS x (endpoint text, model text, pause_s double precision)
     WHERE x.pause_s > 0 ORDER BY x.endpoint, x.model
    ON CONFLICT (team_id, endpoint, model) DO UPDATE SET until = excluded.until WHERE call_pause.until <= v_now;
    DELETE FROM nightshift.call_demand d
     WHERE (d.team_id, d.endpoint, d.model, d.holder) IN (
        SELECT e.team_id, e.endpoint, e.model, e.holder FROM nightshift.call_demand e
         WHERE e.team_id = v_team AND e.until < v_now LIMIT 20 FOR UPDATE SKIP LOCKED);
    -- One call more each, so that whoever wants little now has a way in.
    RETURN QUERY
    SELECT x.endpoint, x.model,
           (SELECT sum(d.demand + 1) FILTER (WHERE d.holder = p_holder) / sum(d.demand + 1)
              FROM nightshift.call_demand d
             WHERE d.team_id = v_team AND d.endpoint = x.endpoint AND d.model = x.model AND d.until >= v_now),
           coalesce((SELECT greatest(0, extract(epoch FROM p.until - v_now))::double precision FROM nightshift.call_pause p
                      WHERE p.team_id = v_team AND p.endpoint = x.endpoint AND p.model = x.model), 0)
      FROM json_to_recordset(p_draws) AS x (endpoint text, model text);
END $$;
COMMENT ON FUNCTION nightshift.draw_allowance IS 'Tells what a process wants of each model and for how long it was asked to wait; answers its share of the team''s limits, and how long all are to wait.';

INSERT INTO nightshift.permission (kind, object) VALUES ('worker', 'draw_allowance');
SELECT nightshift.secure();
