-- Roles that come and go: the owner before `db roles`, and roles that were dropped since.

CREATE OR REPLACE FUNCTION nightshift.make_roles() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_role text;
    v_owner name := (SELECT r.rolname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'nightshift');
BEGIN
    FOREACH v_role IN ARRAY '{owner,coordinator,worker,member,viewer}'::text[] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE nightshift_%s NOLOGIN', v_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    -- Who owned all this goes on: coordinators and workers may be at work under that role.
    FOREACH v_role IN ARRAY ARRAY[session_user, v_owner]::text[] LOOP
        IF NOT pg_has_role(v_role, 'nightshift_owner', 'MEMBER') THEN
            EXECUTE format('GRANT nightshift_owner TO %I', v_role);
        END IF;
    END LOOP;
    -- The new owner of a schema must be allowed to have made it.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO nightshift_owner', current_database());
    GRANT CREATE ON SCHEMA public TO nightshift_owner;
    PERFORM nightshift.secure();
END $$;

CREATE OR REPLACE FUNCTION nightshift.enrol(p_team text, p_role name, p_kind text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_team int;
    v_is_new boolean := to_regrole(quote_ident(p_role)) IS NULL;
BEGIN
    INSERT INTO nightshift.team (name) VALUES (p_team) ON CONFLICT DO NOTHING;
    SELECT t.team_id INTO STRICT v_team FROM nightshift.team t WHERE t.name = p_team;
    -- A role that was dropped belongs nowhere: another one of its name may be somebody else's.
    DELETE FROM nightshift.member m WHERE to_regrole(quote_ident(m.role_name)) IS NULL;
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

SELECT nightshift.secure();
