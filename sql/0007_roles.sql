-- Who may do what. Login roles belong to one team and to one or more kinds: coordinator, worker, member (submits, steers,
-- reads), viewer. The rights of a kind are rows of `permission`, so that later migrations add theirs; `secure` grants them.
-- The roles themselves belong to the server, not to this database: `make_roles` and `enrol` create them, called by an
-- administrator (nightshift db roles).

ALTER TABLE nightshift.member ADD COLUMN kind text NOT NULL DEFAULT 'member'
    CHECK (kind IN ('coordinator', 'worker', 'member', 'viewer'));
COMMENT ON COLUMN nightshift.member.kind IS 'What the role was enrolled as; a worker reads only what belongs to its leases.';
COMMENT ON TABLE nightshift.member IS 'The team of a login role. The owner''s own roles, where they are not listed, belong to "local".';
CREATE INDEX member_team ON nightshift.member (team_id);

CREATE OR REPLACE FUNCTION nightshift.my_team() RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_team int;
BEGIN
    SELECT m.team_id INTO v_team FROM nightshift.member m WHERE m.role_name = session_user;
    IF v_team IS NULL THEN
        IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
            RAISE EXCEPTION 'the role "%" belongs to no team of this database: nightshift db roles enrols it', session_user
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT t.team_id INTO v_team FROM nightshift.team t WHERE t.name = 'local';
    END IF;
    RETURN v_team;
END $$;
COMMENT ON FUNCTION nightshift.my_team IS 'The team of the login role. Only the owner''s own roles have one without being enrolled.';

-- What a worker reads ---------------------------------------------------------------------------------------------------------

ALTER TABLE nightshift.session ADD COLUMN role_name name NOT NULL DEFAULT session_user;
COMMENT ON COLUMN nightshift.session.role_name IS 'The login role that registered.';

CREATE FUNCTION nightshift.may_read(p_study bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p_study AND s.team_id = nightshift.my_team())
       AND (NOT EXISTS (SELECT 1 FROM nightshift.member m WHERE m.role_name = session_user AND m.kind = 'worker')
            OR EXISTS (SELECT 1 FROM nightshift.session w JOIN nightshift.unit u ON u.session = w.session
                        WHERE w.role_name = session_user AND u.study_id = p_study))
$$;
COMMENT ON FUNCTION nightshift.may_read IS 'Whether the login role may read a study''s text, prompts and rows: it is of its team and, for a worker, holds one of its units.';

CREATE OR REPLACE FUNCTION nightshift.study_spec(p_study bigint) RETURNS TABLE (id text, spec json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.spec FROM nightshift.study s WHERE s.study_id = p_study AND nightshift.may_read(p_study)
$$;

CREATE OR REPLACE FUNCTION nightshift.candidate_state(p_study bigint, p_candidate text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.state FROM nightshift.candidate c
     WHERE c.study_id = p_study AND c.candidate = p_candidate AND nightshift.may_read(p_study)
$$;

CREATE OR REPLACE FUNCTION nightshift.examples(p_study bigint, p_split text, p_numbers int[]) RETURNS TABLE (number int, content json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.number, e.content
      FROM nightshift.study_split p JOIN nightshift.example e USING (dataset_id)
     WHERE p.study_id = p_study AND p.split = p_split AND e.number = ANY (p_numbers) AND (SELECT nightshift.may_read(p_study))
$$;

-- Views, by team ----------------------------------------------------------------------------------------------------------------
-- A barrier keeps a reader's own functions from seeing rows before the team's condition has left them out.

ALTER VIEW nightshift.my_study SET (security_barrier);
ALTER VIEW nightshift.study_overview SET (security_barrier);
ALTER VIEW nightshift.live_session SET (security_barrier);
ALTER VIEW nightshift.live_process SET (security_barrier);
ALTER VIEW nightshift.corpus_overview SET (security_barrier);

CREATE VIEW nightshift.my_decision WITH (security_barrier) AS
SELECT d.* FROM nightshift.decision d JOIN nightshift.study s USING (study_id) WHERE s.team_id = (SELECT nightshift.my_team());
COMMENT ON VIEW nightshift.my_decision IS 'The decisions of the team''s studies.';

CREATE VIEW nightshift.my_result WITH (security_barrier) AS
SELECT r.* FROM nightshift.result r JOIN nightshift.study s USING (study_id) WHERE s.team_id = (SELECT nightshift.my_team());
COMMENT ON VIEW nightshift.my_result IS 'The results of the team''s studies.';

CREATE VIEW nightshift.my_proposal WITH (security_barrier) AS
SELECT p.* FROM nightshift.proposal p JOIN nightshift.study s USING (study_id) WHERE s.team_id = (SELECT nightshift.my_team());
COMMENT ON VIEW nightshift.my_proposal IS 'The proposals of the team''s studies.';

CREATE VIEW nightshift.my_event WITH (security_barrier) AS
SELECT e.event_id, e.at, e.study_id, e.kind, e.actor, e.data
  FROM nightshift.event e JOIN nightshift.study s USING (study_id) WHERE s.team_id = (SELECT nightshift.my_team());
COMMENT ON VIEW nightshift.my_event IS 'What happened to the team''s studies, and who did it.';

CREATE OR REPLACE VIEW nightshift.trial_overview WITH (security_barrier) AS
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
  JOIN nightshift.study s ON s.study_id = t.study_id AND s.team_id = (SELECT nightshift.my_team())
  LEFT JOIN nightshift.belief b ON b.study_id = t.study_id AND b.trial = t.number
 CROSS JOIN LATERAL (
       -- In the order of the examples, so that the sum is the same to the bit.
       SELECT sum(x.score ORDER BY x.example) / nullif(count(x.score), 0) AS score, count(x.score) AS examples,
              count(*) FILTER (WHERE x.rollout = 0) AS seen,
              count(*) FILTER (WHERE x.outcome <> 'scored') - count(*) FILTER (WHERE x.rollout = 1) AS errors,
              max(x.at) AS finished_at, coalesce(sum((x.usage #>> '{task,calls}')::bigint), 0)::bigint AS calls
         FROM nightshift.result x
        WHERE x.study_id = t.study_id AND x.candidate = t.candidate AND x.split = 'val' AND x.rollout IN (0, 1)) r;

CREATE OR REPLACE VIEW nightshift.usage_overview WITH (security_barrier) AS
SELECT w.study_id, w.stage, u.key AS role,
       sum((u.value ->> 'calls')::bigint)::bigint AS calls, sum((u.value ->> 'attempts')::bigint)::bigint AS attempts,
       sum((u.value ->> 'cached')::bigint)::bigint AS cached,
       sum((u.value ->> 'prompt_tokens')::bigint)::bigint AS prompt_tokens,
       sum((u.value ->> 'completion_tokens')::bigint)::bigint AS completion_tokens
  FROM (SELECT study_id, stage, usage FROM nightshift.result
        UNION ALL SELECT study_id, 'propose', usage FROM nightshift.proposal) w
 CROSS JOIN LATERAL json_each(w.usage) u
 WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = w.study_id AND s.team_id = (SELECT nightshift.my_team()))
 GROUP BY w.study_id, w.stage, u.key;

CREATE OR REPLACE VIEW nightshift.stage_overview WITH (security_barrier) AS
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
               FROM nightshift.unit u GROUP BY u.study_id, u.stage) o USING (study_id, stage)
 WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = d.study_id AND s.team_id = (SELECT nightshift.my_team()));

CREATE OR REPLACE VIEW nightshift.unit_count WITH (security_barrier) AS
SELECT s.study_id, (SELECT coalesce(sum(d.units), 0) FROM nightshift.decision d WHERE d.study_id = s.study_id)::bigint AS units
  FROM nightshift.study s
 WHERE s.team_id = (SELECT nightshift.my_team());

-- What was changed, and by whom ---------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION nightshift.update_spec(p_study bigint, p_spec json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before json;
BEGIN
    SELECT s.spec INTO v_before FROM nightshift.study s
     WHERE s.study_id = p_study AND s.team_id = nightshift.my_team() AND s.state NOT IN ('finished', 'failed', 'cancelled') FOR UPDATE;
    IF NOT FOUND OR v_before::jsonb = p_spec::jsonb THEN RETURN; END IF;
    UPDATE nightshift.study SET spec = p_spec WHERE study_id = p_study;
    INSERT INTO nightshift.event (study_id, kind, data)
    VALUES (p_study, 'study.updated', json_build_object('keys', (
        SELECT json_agg(key ORDER BY key)
          FROM json_each(v_before) b FULL JOIN json_each(p_spec) a USING (key)
         WHERE a.value::jsonb IS DISTINCT FROM b.value::jsonb)));
END $$;

-- Rights --------------------------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.permission (
    kind text NOT NULL CHECK (kind IN ('coordinator', 'worker', 'member', 'viewer')),
    object text NOT NULL,
    columns text,
    PRIMARY KEY (kind, object)
);
COMMENT ON TABLE nightshift.permission IS 'What a kind of role may call or read. What is not here only the owner may.';
COMMENT ON COLUMN nightshift.permission.kind IS 'The kind of role.';
COMMENT ON COLUMN nightshift.permission.object IS 'A function, which it may execute, or a view, which it may read.';
COMMENT ON COLUMN nightshift.permission.columns IS 'The only columns of a view that it may read, where it is not all.';

INSERT INTO nightshift.permission (kind, object)
SELECT k, o FROM unnest('{coordinator,worker,member,viewer}'::text[]) AS k, unnest('{my_team}'::text[]) AS o
UNION ALL SELECT 'worker', unnest('{register,heartbeat,sign_off,lease,held,close,report,release,fail,postpone,refuse,study_spec,candidate_state,
    examples,my_corpus,passages,find_words,any_word,my_embedding,vectors,find_vectors,vector_schema}'::text[])
UNION ALL SELECT 'coordinator', unnest('{lead,to_lead,resign,start,decide,is_complete,outcome,run_outcome,conclude_decision,finish,reap,
    believe,usage_of,allowance,sign_study,earlier_candidates,choose_earlier,slots,search_idleness,study_spec,candidate_state,examples,steer}'::text[])
UNION ALL SELECT 'member', unnest('{submit,update_spec,steer,slots,search_idleness,end_processes,begin_corpus,add_passages,finish_corpus,
    my_corpus,passages,find_words,any_word,begin_embedding,lacking_vectors,add_vectors,finish_embedding,my_embedding,vectors,find_vectors,vector_schema,
    study_spec,candidate_state,examples}'::text[])
UNION ALL SELECT 'viewer', unnest('{slots,search_idleness,study_spec,candidate_state,examples}'::text[])
UNION ALL
SELECT k, o FROM unnest('{coordinator,member,viewer}'::text[]) AS k,
       unnest('{my_study,my_decision,my_result,my_proposal,my_event,trial_overview,usage_overview,stage_overview,unit_count,
                study_overview,live_process,corpus_overview}'::text[]) AS o;
-- Whoever knows a session's uuid can act for it.
INSERT INTO nightshift.permission (kind, object, columns)
SELECT k, 'live_session', 'name, host, pid, draining, registered_at, units' FROM unnest('{coordinator,member,viewer}'::text[]) AS k;

CREATE FUNCTION nightshift.secure() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA nightshift FROM PUBLIC;
    IF to_regrole('nightshift_owner') IS NULL THEN RETURN; END IF;
    FOR r IN
        SELECT format('%s nightshift.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname) AS object
          FROM pg_class c
         WHERE c.relnamespace = 'nightshift'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relowner <> 'nightshift_owner'::regrole
        UNION ALL
        SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'nightshift'::regnamespace AND p.proowner <> 'nightshift_owner'::regrole
        UNION ALL
        SELECT 'SCHEMA nightshift' FROM pg_namespace n WHERE n.nspname = 'nightshift' AND n.nspowner <> 'nightshift_owner'::regrole
        UNION ALL
        SELECT 'TABLE public.nightshift_migration' FROM pg_class c
         WHERE c.oid = 'public.nightshift_migration'::regclass AND c.relowner <> 'nightshift_owner'::regrole
    LOOP
        EXECUTE format('ALTER %s OWNER TO nightshift_owner', r.object);
    END LOOP;
    GRANT USAGE ON SCHEMA nightshift TO nightshift_coordinator, nightshift_worker, nightshift_member, nightshift_viewer;
    GRANT SELECT ON public.nightshift_migration TO nightshift_coordinator, nightshift_worker, nightshift_member, nightshift_viewer;
    FOR r IN
        SELECT format('EXECUTE ON FUNCTION %s TO nightshift_%s', p.oid::regprocedure, m.kind) AS right
          FROM nightshift.permission m JOIN pg_proc p ON p.proname = m.object AND p.pronamespace = 'nightshift'::regnamespace
        UNION ALL
        SELECT format('SELECT %s ON nightshift.%I TO nightshift_%s', '(' || m.columns || ')', c.relname, m.kind)
          FROM nightshift.permission m JOIN pg_class c ON c.relname = m.object AND c.relnamespace = 'nightshift'::regnamespace
    LOOP
        EXECUTE 'GRANT ' || r.right;
    END LOOP;
END $$;
COMMENT ON FUNCTION nightshift.secure IS 'Gives everything to the owner role and each kind its rights, where the roles exist. Every migration ends with it.';

CREATE FUNCTION nightshift.make_roles() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY '{owner,coordinator,worker,member,viewer}'::text[] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE nightshift_%s NOLOGIN', v_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    IF NOT pg_has_role(session_user, 'nightshift_owner', 'MEMBER') THEN
        EXECUTE format('GRANT nightshift_owner TO %I', session_user);
    END IF;
    -- The new owner of a schema must be allowed to have made it.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO nightshift_owner', current_database());
    GRANT CREATE ON SCHEMA public TO nightshift_owner;
    PERFORM nightshift.secure();
END $$;
COMMENT ON FUNCTION nightshift.make_roles IS 'Makes the group roles, one per kind and the owner''s, and gives them their rights.';

CREATE FUNCTION nightshift.enrol(p_team text, p_role name, p_kind text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_team int;
    v_is_new boolean := to_regrole(quote_ident(p_role)) IS NULL;
BEGIN
    INSERT INTO nightshift.team (name) VALUES (p_team) ON CONFLICT DO NOTHING;
    SELECT t.team_id INTO STRICT v_team FROM nightshift.team t WHERE t.name = p_team;
    IF EXISTS (SELECT 1 FROM nightshift.member m WHERE m.role_name = p_role AND m.team_id <> v_team) THEN
        RAISE EXCEPTION 'the role "%" belongs to another team', p_role USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_is_new THEN EXECUTE format('CREATE ROLE %I LOGIN', p_role); END IF;
    EXECUTE format('GRANT nightshift_%s TO %I', p_kind, p_role);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', p_role, '10s');
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', p_role, CASE p_kind WHEN 'worker' THEN '30s' ELSE '60s' END);
    -- Who is more than a viewer writes.
    IF p_kind <> 'viewer' THEN
        EXECUTE format('ALTER ROLE %I RESET default_transaction_read_only', p_role);
    ELSIF v_is_new THEN
        EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', p_role);
    END IF;
    -- What a role may read follows from the first kind that is no worker.
    INSERT INTO nightshift.member AS m (role_name, team_id, kind) VALUES (p_role, v_team, p_kind)
    ON CONFLICT (role_name) DO UPDATE SET kind = excluded.kind WHERE m.kind = 'worker';
    RETURN v_is_new;
END $$;
COMMENT ON FUNCTION nightshift.enrol IS 'Puts a login role into a team as one of the kinds, and makes it if need be; answers whether it was made. A role belongs to one team.';

-- Care -----------------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION nightshift.check_integrity() RETURNS TABLE (problem text, study_id bigint, count bigint)
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
    UNION ALL
    SELECT 'leased unit without its session', u.study_id, count(*) FROM nightshift.unit u
     WHERE u.session IS NOT NULL AND NOT EXISTS (SELECT 1 FROM nightshift.session s WHERE s.session = u.session) GROUP BY 2
    UNION ALL
    SELECT 'unit that no lease finds', u.study_id, count(*) FROM nightshift.unit u
     WHERE u.state = 'ready' AND NOT EXISTS (SELECT 1 FROM nightshift.lane l
                                              WHERE l.study_id = u.study_id AND l.priority = u.priority
                                                AND (u.attempt > 0 OR u.unit_id >= l.head)) GROUP BY 2
$$;

CREATE FUNCTION nightshift.prune_study(p_study bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_id text;
    v_name text;
    v_datasets bigint[];
BEGIN
    SELECT s.id, s.name INTO v_id, v_name FROM nightshift.study s WHERE s.study_id = p_study AND s.finished_at IS NOT NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'study number % has not ended', p_study USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    v_datasets := ARRAY(SELECT p.dataset_id FROM nightshift.study_split p WHERE p.study_id = p_study);
    DELETE FROM nightshift.unit WHERE study_id = p_study;
    DELETE FROM nightshift.result WHERE study_id = p_study;
    DELETE FROM nightshift.proposal WHERE study_id = p_study;
    DELETE FROM nightshift.event WHERE study_id = p_study;
    DELETE FROM nightshift.study WHERE study_id = p_study;
    DELETE FROM nightshift.dataset d
     WHERE d.dataset_id = ANY (v_datasets) AND NOT EXISTS (SELECT 1 FROM nightshift.study_split p WHERE p.dataset_id = d.dataset_id);
    INSERT INTO nightshift.event (kind, data) VALUES ('study.pruned', json_build_object('id', v_id, 'name', v_name));
END $$;
COMMENT ON FUNCTION nightshift.prune_study IS 'Deletes an ended study with all that belongs to it, and data sets that no other study uses.';
CREATE INDEX study_split_dataset ON nightshift.study_split (dataset_id);
CREATE INDEX study_ended ON nightshift.study (finished_at) WHERE finished_at IS NOT NULL;

SELECT nightshift.secure();
