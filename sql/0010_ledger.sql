-- What calls cost, booked by the call: what is confirmed, what was sent without an answer, what is reserved. Workers draw an
-- allowance for a moment, not a row per call. All that is booked for a study is done under a lock on its ledger.

CREATE TABLE nightshift.ledger (
    study_id bigint PRIMARY KEY REFERENCES nightshift.study ON DELETE CASCADE,
    budget json,
    refused text,
    exhausted text,
    reason text CHECK (reason IN ('budget_calls', 'budget_tokens', 'budget_usd'))
) WITH (fillfactor = 50);
COMMENT ON TABLE nightshift.ledger IS 'The budget of each study. Its row is locked by whoever books or grants.';
COMMENT ON COLUMN nightshift.ledger.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.ledger.budget IS 'The budget as the study''s text has it: a trigger keeps the two alike. NULL: no limits.';
COMMENT ON COLUMN nightshift.ledger.refused IS 'The limit that left no room for a call, whosever, such as budget.roles.judge.usd; NULL while there was none, and again when the budget is changed.';
COMMENT ON COLUMN nightshift.ledger.exhausted IS 'The limit that left no room for a call of a unit: the study cannot go on.';
COMMENT ON COLUMN nightshift.ledger.reason IS 'The finish reason that goes with it.';

CREATE TABLE nightshift.spender (
    holder uuid PRIMARY KEY,
    team_id int NOT NULL,
    host text NOT NULL,
    pid int NOT NULL,
    word bigint NOT NULL,
    until timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE nightshift.spender IS 'A process that makes calls. When it is not heard of until `until`, what it had reserved counts as spent.';
COMMENT ON COLUMN nightshift.spender.holder IS 'Made by the process, and never used again once it was lost.';
COMMENT ON COLUMN nightshift.spender.team_id IS 'The team whose studies it works for.';
COMMENT ON COLUMN nightshift.spender.host IS 'Where it runs.';
COMMENT ON COLUMN nightshift.spender.pid IS 'Its number there.';
COMMENT ON COLUMN nightshift.spender.word IS 'The number of its last word: an older one that comes late is not heard.';
COMMENT ON COLUMN nightshift.spender.until IS 'When it is taken for dead.';

CREATE TABLE nightshift.spend (
    study_id bigint NOT NULL REFERENCES nightshift.ledger ON DELETE CASCADE,
    role text NOT NULL,
    holder uuid NOT NULL,
    calls bigint NOT NULL DEFAULT 0,
    prompt_tokens bigint NOT NULL DEFAULT 0,
    completion_tokens bigint NOT NULL DEFAULT 0,
    uncounted bigint NOT NULL DEFAULT 0,
    unconfirmed_calls bigint NOT NULL DEFAULT 0,
    unconfirmed_prompt_tokens bigint NOT NULL DEFAULT 0,
    unconfirmed_completion_tokens bigint NOT NULL DEFAULT 0,
    held_calls bigint NOT NULL DEFAULT 0,
    held_prompt_tokens bigint NOT NULL DEFAULT 0,
    held_completion_tokens bigint NOT NULL DEFAULT 0,
    free_calls bigint NOT NULL DEFAULT 0,
    free_prompt_tokens bigint NOT NULL DEFAULT 0,
    free_completion_tokens bigint NOT NULL DEFAULT 0,
    largest_prompt_tokens bigint NOT NULL DEFAULT 0,
    largest_completion_tokens bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, role, holder)
) WITH (fillfactor = 50);
CREATE INDEX spend_holder ON nightshift.spend (holder);
COMMENT ON TABLE nightshift.spend IS 'What one process has used of a study''s budget for one LM role, and holds of it. What processes that have ended used is summed under the holder 0.';
COMMENT ON COLUMN nightshift.spend.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.spend.role IS 'The LM role.';
COMMENT ON COLUMN nightshift.spend.holder IS 'The process.';
COMMENT ON COLUMN nightshift.spend.calls IS 'Requests answered with 2xx.';
COMMENT ON COLUMN nightshift.spend.prompt_tokens IS 'As the provider counted them.';
COMMENT ON COLUMN nightshift.spend.completion_tokens IS 'As the provider counted them.';
COMMENT ON COLUMN nightshift.spend.uncounted IS 'Answers whose tokens the provider did not count.';
COMMENT ON COLUMN nightshift.spend.unconfirmed_calls IS 'Requests sent whose answer nobody has: the provider may have billed them.';
COMMENT ON COLUMN nightshift.spend.unconfirmed_prompt_tokens IS 'What they took at worst.';
COMMENT ON COLUMN nightshift.spend.unconfirmed_completion_tokens IS 'What they took at worst.';
COMMENT ON COLUMN nightshift.spend.held_calls IS 'Requests under way at the process''s last word.';
COMMENT ON COLUMN nightshift.spend.held_prompt_tokens IS 'What they take at worst.';
COMMENT ON COLUMN nightshift.spend.held_completion_tokens IS 'What they take at worst.';
COMMENT ON COLUMN nightshift.spend.free_calls IS 'Requests that it may send before its next word.';
COMMENT ON COLUMN nightshift.spend.free_prompt_tokens IS 'What they may take.';
COMMENT ON COLUMN nightshift.spend.free_completion_tokens IS 'What they may take.';
COMMENT ON COLUMN nightshift.spend.largest_prompt_tokens IS 'The worst case of the largest request so far.';
COMMENT ON COLUMN nightshift.spend.largest_completion_tokens IS 'The worst case of the largest request so far.';

-- The text of a study may be long, and its budget is asked for at every draw.
CREATE FUNCTION nightshift.keep_budget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO nightshift.ledger AS l (study_id, budget) VALUES (NEW.study_id, NEW.spec -> 'budget')
    ON CONFLICT (study_id) DO UPDATE SET budget = excluded.budget, refused = NULL, exhausted = NULL, reason = NULL
     WHERE l.budget::jsonb IS DISTINCT FROM excluded.budget::jsonb;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION nightshift.keep_budget IS 'Copies a study''s budget into its ledger; another budget makes room again.';
CREATE TRIGGER keep_budget AFTER INSERT OR UPDATE OF spec ON nightshift.study FOR EACH ROW EXECUTE FUNCTION nightshift.keep_budget();
INSERT INTO nightshift.ledger (study_id, budget) SELECT s.study_id, s.spec -> 'budget' FROM nightshift.study s;

CREATE FUNCTION nightshift.budget_left(p_study bigint, p_budget json, p_role text)
RETURNS TABLE (name text, reason text, remaining double precision, at_most double precision, per_call double precision,
               per_prompt_token double precision, per_completion_token double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH price AS (
        SELECT r.role, coalesce((p_budget #>> ARRAY['prices', r.role, 'prompt'])::double precision, 0) / 1e6 AS prompt,
               coalesce((p_budget #>> ARRAY['prices', r.role, 'completion'])::double precision, 0) / 1e6 AS completion
          FROM (SELECT s.role FROM nightshift.spend s WHERE s.study_id = p_study UNION SELECT p_role) r
    ), used AS (
        SELECT s.role, sum(s.calls + s.unconfirmed_calls + s.held_calls + s.free_calls)::double precision AS calls,
               sum(s.prompt_tokens + s.unconfirmed_prompt_tokens + s.held_prompt_tokens + s.free_prompt_tokens)::double precision AS prompt,
               sum(s.completion_tokens + s.unconfirmed_completion_tokens + s.held_completion_tokens
                   + s.free_completion_tokens)::double precision AS completion,
               sum(s.held_calls + s.free_calls)::double precision AS reserved_calls,
               sum(s.held_prompt_tokens + s.free_prompt_tokens)::double precision AS reserved_prompt,
               sum(s.held_completion_tokens + s.free_completion_tokens)::double precision AS reserved_completion
          FROM nightshift.spend s WHERE s.study_id = p_study GROUP BY s.role
    ), unit AS (
        SELECT v.key, v.reason, p.role, v.calls, v.prompt, v.completion
          FROM price p CROSS JOIN LATERAL (VALUES ('lm_calls', 'budget_calls', 1::double precision, 0::double precision, 0::double precision),
               ('tokens', 'budget_tokens', 0, 1, 1), ('usd', 'budget_usd', 0, p.prompt, p.completion)) AS v (key, reason, calls, prompt, completion)
    )
    SELECT 'budget.' || c.path || c.key, c.reason, c.cap - b.booked, c.cap - b.settled, c.calls, c.prompt, c.completion
      FROM (SELECT '' AS path, u.*, (p_budget ->> u.key)::double precision AS cap FROM unit u WHERE u.role = p_role
            UNION ALL
            SELECT 'roles.' || p_role || '.', u.*, (p_budget #>> ARRAY['roles', p_role, u.key])::double precision FROM unit u
             WHERE u.role = p_role) c
     CROSS JOIN LATERAL (
            SELECT coalesce(sum(u.calls * w.calls + u.prompt * w.prompt + u.completion * w.completion), 0) AS booked,
                   coalesce(sum((u.calls - u.reserved_calls) * w.calls + (u.prompt - u.reserved_prompt) * w.prompt
                                + (u.completion - u.reserved_completion) * w.completion), 0) AS settled
              FROM used u JOIN unit w ON w.role = u.role AND w.key = c.key
             WHERE u.role = p_role OR c.path = '') b
     WHERE c.cap IS NOT NULL
$$;
COMMENT ON FUNCTION nightshift.budget_left IS 'The limits that hold for a role''s calls: what remains of each beside all that is booked and reserved, what could remain if all that is reserved came back, and what a call and its tokens count.';

CREATE FUNCTION nightshift.draw_budget(p_holder uuid, p_word bigint, p_host text, p_pid int, p_ttl_s double precision, p_draws json)
RETURNS TABLE (study text, role text, calls bigint, prompt_tokens bigint, completion_tokens bigint, denied text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_team int := nightshift.my_team();
    v_until timestamptz := clock_timestamp() + make_interval(secs => p_ttl_s);
    v_budget json;
    v_scale double precision;
    v_need double precision;
    v_waits boolean;
    v_name text;
    v_reason text;
    s record;
    r record;
    c record;
BEGIN
    UPDATE nightshift.spender x SET until = v_until, word = p_word
     WHERE x.holder = p_holder AND x.team_id = v_team AND x.word <= p_word;
    IF NOT FOUND THEN
        INSERT INTO nightshift.spender (holder, team_id, host, pid, word, until)
        SELECT p_holder, v_team, p_host, p_pid, p_word, v_until WHERE p_word = 1 ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'what this process had reserved is booked as spent: it was not heard of' USING ERRCODE = 'NS001';
        END IF;
    END IF;
    FOR s IN SELECT t.study_id, t.id FROM nightshift.study t
              WHERE t.team_id = v_team AND t.id IN (SELECT x.study FROM json_to_recordset(p_draws) AS x (study text)) ORDER BY t.study_id
    LOOP
        SELECT l.budget INTO v_budget FROM nightshift.ledger l WHERE l.study_id = s.study_id FOR UPDATE;
        INSERT INTO nightshift.spend AS p
        SELECT s.study_id, x.role, p_holder, x.spent[1], x.spent[2], x.spent[3], x.uncounted,
               x.unconfirmed[1], x.unconfirmed[2], x.unconfirmed[3], x.held[1], x.held[2], x.held[3],
               x.kept[1], x.kept[2], x.kept[3], x.largest[2], x.largest[3]
          FROM json_to_recordset(p_draws) AS x (study text, role text, spent bigint[], uncounted bigint, unconfirmed bigint[], held bigint[],
                                                kept bigint[], largest bigint[])
         WHERE x.study = s.id
        ON CONFLICT (study_id, role, holder) DO UPDATE SET
            calls = excluded.calls, prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
            uncounted = excluded.uncounted, unconfirmed_calls = excluded.unconfirmed_calls,
            unconfirmed_prompt_tokens = excluded.unconfirmed_prompt_tokens,
            unconfirmed_completion_tokens = excluded.unconfirmed_completion_tokens,
            held_calls = excluded.held_calls, held_prompt_tokens = excluded.held_prompt_tokens,
            held_completion_tokens = excluded.held_completion_tokens, free_calls = excluded.free_calls,
            free_prompt_tokens = excluded.free_prompt_tokens, free_completion_tokens = excluded.free_completion_tokens,
            largest_prompt_tokens = excluded.largest_prompt_tokens, largest_completion_tokens = excluded.largest_completion_tokens;
        FOR r IN SELECT x.role, x.wanted, x.least
                   FROM json_to_recordset(p_draws) AS x (study text, role text, wanted bigint[], least bigint[]) WHERE x.study = s.id
        LOOP
            v_scale := 1;
            v_waits := false;
            v_name := NULL;
            FOR c IN SELECT * FROM nightshift.budget_left(s.study_id, v_budget, r.role) LOOP
                v_need := r.wanted[1] * c.per_call + r.wanted[2] * c.per_prompt_token + r.wanted[3] * c.per_completion_token;
                -- Where it is scarce, half of it at most goes to one process.
                IF v_need > 0 AND v_need > c.remaining / 2 THEN v_scale := least(v_scale, greatest(0, c.remaining / 2 / v_need)); END IF;
                v_need := r.least[1] * c.per_call + r.least[2] * c.per_prompt_token + r.least[3] * c.per_completion_token;
                -- What is reserved elsewhere may come back: the call waits for that, where it could then be let pass.
                v_waits := v_waits OR v_need > c.remaining;
                IF v_need > c.at_most THEN
                    v_name := c.name;
                    v_reason := c.reason;
                END IF;
            END LOOP;
            IF v_scale < 1 THEN
                r.wanted := ARRAY[floor(r.wanted[1] * v_scale), floor(r.wanted[2] * v_scale), floor(r.wanted[3] * v_scale)]::bigint[];
                IF r.wanted[1] < r.least[1] OR r.wanted[2] < r.least[2] OR r.wanted[3] < r.least[3] THEN
                    r.wanted := CASE WHEN v_waits THEN '{0,0,0}' ELSE r.least END;
                END IF;
            END IF;
            IF r.wanted[1] > 0 THEN
                UPDATE nightshift.spend p
                   SET free_calls = p.free_calls + r.wanted[1], free_prompt_tokens = p.free_prompt_tokens + r.wanted[2],
                       free_completion_tokens = p.free_completion_tokens + r.wanted[3]
                 WHERE p.study_id = s.study_id AND p.role = r.role AND p.holder = p_holder;
            ELSIF v_name IS NOT NULL THEN
                UPDATE nightshift.ledger l SET refused = v_name, reason = v_reason
                 WHERE l.study_id = s.study_id AND l.exhausted IS NULL AND l.refused IS DISTINCT FROM v_name;
            END IF;
            RETURN QUERY SELECT s.id, r.role, r.wanted[1], r.wanted[2], r.wanted[3],
                                CASE WHEN r.wanted[1] = 0 AND r.least[1] > 0 THEN v_name END;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION nightshift.draw_budget IS 'A process''s word: what it has spent, sent in vain and holds of each study and role, as totals; answers what more it may reserve, or the limit that leaves no room for the first of its calls that wait, whatever comes back of what is reserved. Repeating a word does no harm, also with a higher number.';

CREATE FUNCTION nightshift.lock_ledgers(p_holders uuid[], p_studies text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_studies bigint[] := ARRAY(SELECT p.study_id FROM nightshift.spend p WHERE p.holder = ANY (p_holders)
                                UNION
                                SELECT s.study_id FROM nightshift.study s
                                 WHERE s.id = ANY (p_studies) AND s.team_id = nightshift.my_team());
BEGIN
    PERFORM 1 FROM nightshift.ledger l WHERE l.study_id = ANY (v_studies) ORDER BY l.study_id FOR UPDATE;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.lock_ledgers FROM PUBLIC;
COMMENT ON FUNCTION nightshift.lock_ledgers IS 'Locks the ledgers of all studies that processes have booked anything of, and of studies by their ids, in one order for all callers. The processes'' rows in spender are locked before.';

CREATE FUNCTION nightshift.close_spender(p_holder uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO nightshift.event (study_id, kind, data)
    SELECT p.study_id, 'budget.unconfirmed', json_build_object('role', p.role, 'host', x.host, 'pid', x.pid,
               'calls', p.held_calls + p.free_calls, 'under_way', p.held_calls,
               'prompt_tokens', p.held_prompt_tokens + p.free_prompt_tokens,
               'completion_tokens', p.held_completion_tokens + p.free_completion_tokens)
      FROM nightshift.spend p JOIN nightshift.spender x USING (holder) WHERE p.holder = p_holder AND p.held_calls + p.free_calls > 0;
    INSERT INTO nightshift.spend AS t (study_id, role, holder, calls, prompt_tokens, completion_tokens, uncounted, unconfirmed_calls,
                                       unconfirmed_prompt_tokens, unconfirmed_completion_tokens, largest_prompt_tokens, largest_completion_tokens)
    SELECT p.study_id, p.role, '00000000-0000-0000-0000-000000000000', p.calls, p.prompt_tokens, p.completion_tokens, p.uncounted,
           p.unconfirmed_calls + p.held_calls + p.free_calls,
           p.unconfirmed_prompt_tokens + p.held_prompt_tokens + p.free_prompt_tokens,
           p.unconfirmed_completion_tokens + p.held_completion_tokens + p.free_completion_tokens,
           p.largest_prompt_tokens, p.largest_completion_tokens
      FROM nightshift.spend p WHERE p.holder = p_holder
    ON CONFLICT (study_id, role, holder) DO UPDATE SET
        calls = t.calls + excluded.calls, prompt_tokens = t.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = t.completion_tokens + excluded.completion_tokens, uncounted = t.uncounted + excluded.uncounted,
        unconfirmed_calls = t.unconfirmed_calls + excluded.unconfirmed_calls,
        unconfirmed_prompt_tokens = t.unconfirmed_prompt_tokens + excluded.unconfirmed_prompt_tokens,
        unconfirmed_completion_tokens = t.unconfirmed_completion_tokens + excluded.unconfirmed_completion_tokens,
        largest_prompt_tokens = greatest(t.largest_prompt_tokens, excluded.largest_prompt_tokens),
        largest_completion_tokens = greatest(t.largest_completion_tokens, excluded.largest_completion_tokens);
    DELETE FROM nightshift.spend p WHERE p.holder = p_holder;
    DELETE FROM nightshift.spender x WHERE x.holder = p_holder;
END $$;
COMMENT ON FUNCTION nightshift.close_spender IS 'Books what a process that has ended had reserved, and perhaps sent, as unconfirmed. Its row in spender and its ledgers are locked by the caller.';

CREATE FUNCTION nightshift.leave_budget(p_holder uuid, p_word bigint, p_host text, p_pid int, p_draws json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- It may have booked of other studies than those of its last word.
    PERFORM 1 FROM nightshift.spender x WHERE x.holder = p_holder FOR UPDATE;
    PERFORM nightshift.lock_ledgers(ARRAY[p_holder], ARRAY(SELECT x.study FROM json_to_recordset(p_draws) AS x (study text)));
    PERFORM nightshift.draw_budget(p_holder, p_word, p_host, p_pid, 60, p_draws);
    PERFORM nightshift.close_spender(p_holder);
END $$;
COMMENT ON FUNCTION nightshift.leave_budget IS 'The last word of a process: what it has not sent is free for others.';

CREATE FUNCTION nightshift.settle_spenders(p_max int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_holders uuid[] := ARRAY(SELECT x.holder FROM nightshift.spender x WHERE x.until < clock_timestamp()
                               ORDER BY x.until LIMIT p_max FOR UPDATE SKIP LOCKED);
BEGIN
    PERFORM nightshift.lock_ledgers(v_holders, '{}');
    PERFORM nightshift.close_spender(h) FROM unnest(v_holders) AS h;
    RETURN cardinality(v_holders);
END $$;
COMMENT ON FUNCTION nightshift.settle_spenders IS 'Books what processes that were not heard of had reserved as unconfirmed; answers how many processes.';

CREATE FUNCTION nightshift.end_spenders(p_host text, p_pids int[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM nightshift.spender x
      WHERE x.team_id = nightshift.my_team() AND x.host = p_host AND x.pid = ANY (p_pids) ORDER BY x.holder FOR UPDATE;
    UPDATE nightshift.spender x SET until = '-infinity'
     WHERE x.team_id = nightshift.my_team() AND x.host = p_host AND x.pid = ANY (p_pids);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN PERFORM nightshift.settle_spenders(v_count); END IF;
    RETURN v_count;
END $$;
COMMENT ON FUNCTION nightshift.end_spenders IS 'Settles processes that were seen dead on a host, without waiting; answers how many.';

CREATE FUNCTION nightshift.give_back(p_session uuid, p_unit bigint, p_attempt int, p_error text, p_delay_s double precision,
                                     p_by_budget boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit text;
    v_study bigint;
BEGIN
    SELECT l.refused, l.study_id INTO v_limit, v_study FROM nightshift.unit u JOIN nightshift.ledger l USING (study_id)
     WHERE u.unit_id = p_unit AND u.attempt = p_attempt AND u.session = p_session AND l.refused IS NOT NULL
       AND p_by_budget FOR UPDATE OF u;
    IF NOT FOUND THEN RETURN nightshift.fail(p_session, p_unit, p_attempt, p_error, p_delay_s); END IF;
    PERFORM nightshift.set_aside(p_unit, v_limit || ' leaves no room for a call');
    -- A program behind a gateway may ask for what it likes; without a call of its own the study cannot go on.
    UPDATE nightshift.ledger l SET exhausted = v_limit WHERE l.study_id = v_study AND l.exhausted IS NULL;
    IF FOUND THEN NOTIFY nightshift_plan; END IF;
    RETURN 'set aside';
END $$;
COMMENT ON FUNCTION nightshift.give_back IS 'As fail; but a unit that its study''s budget refused a call (p_by_budget) is set aside at once, and the budget is exhausted, unless it was changed since.';

CREATE VIEW nightshift.spend_overview WITH (security_barrier) AS
SELECT p.study_id, p.role, sum(p.calls)::bigint AS calls, sum(p.prompt_tokens)::bigint AS prompt_tokens,
       sum(p.completion_tokens)::bigint AS completion_tokens, sum(p.uncounted)::bigint AS uncounted,
       sum(p.unconfirmed_calls)::bigint AS unconfirmed_calls, sum(p.unconfirmed_prompt_tokens)::bigint AS unconfirmed_prompt_tokens,
       sum(p.unconfirmed_completion_tokens)::bigint AS unconfirmed_completion_tokens,
       sum(p.held_calls + p.free_calls)::bigint AS reserved_calls,
       sum(p.held_prompt_tokens + p.free_prompt_tokens)::bigint AS reserved_prompt_tokens,
       sum(p.held_completion_tokens + p.free_completion_tokens)::bigint AS reserved_completion_tokens,
       max(p.largest_prompt_tokens) AS largest_prompt_tokens, max(p.largest_completion_tokens) AS largest_completion_tokens
  FROM nightshift.spend p
 WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = p.study_id AND s.team_id = (SELECT nightshift.my_team()))
 GROUP BY p.study_id, p.role;
COMMENT ON VIEW nightshift.spend_overview IS 'What the team''s studies have spent, perhaps spent and reserved, by role.';

CREATE VIEW nightshift.my_ledger WITH (security_barrier) AS
SELECT l.study_id, l.exhausted, l.reason FROM nightshift.ledger l
 WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = l.study_id AND s.team_id = (SELECT nightshift.my_team()));
COMMENT ON VIEW nightshift.my_ledger IS 'Which limit of the team''s studies left no room for a unit, if any.';

CREATE FUNCTION nightshift.warn_budget(p_study bigint, p_holder uuid, p_term bigint, p_data json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM nightshift.fence(p_study, p_holder, p_term);
    INSERT INTO nightshift.event (study_id, kind, data)
    SELECT p_study, 'budget.warning', p_data
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.event e
                        WHERE e.study_id = p_study AND e.kind = 'budget.warning' AND e.data::jsonb = p_data::jsonb);
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION nightshift.warn_budget IS 'Records that a part of a limit is used up; false where that was recorded before.';

CREATE FUNCTION nightshift.reopen(p_study bigint, p_spec json) RETURNS boolean
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
    -- The search goes on where it was stopped; results that came after that are kept. Test rows that the budget had no room for
    -- are run again; their counters go with them.
    WITH gone AS (
        DELETE FROM nightshift.result r
         WHERE r.study_id = p_study AND r.stage = 'test' AND r.outcome = 'infrastructure_error' RETURNING r.*)
    INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, results, failed)
    SELECT g.study_id, g.stage, g.candidate, g.split, g.rollout, -count(*), -count(*) FROM gone g GROUP BY 1, 2, 3, 4, 5;
    DELETE FROM nightshift.decision d WHERE d.study_id = p_study AND d.number >= v_stop;
    UPDATE nightshift.study s
       SET state = 'running', finish_reason = NULL, finished_at = NULL, result = NULL, message = NULL, spec = p_spec
     WHERE s.study_id = p_study;
    INSERT INTO nightshift.event (study_id, kind, data) VALUES (p_study, 'study.reopened', p_spec -> 'budget');
    NOTIFY nightshift_plan;
    RETURN true;
END $$;
COMMENT ON FUNCTION nightshift.reopen IS 'Takes back the stop of a study that its budget has ended, and gives it another budget; false where there is nothing to take back.';

INSERT INTO nightshift.permission (kind, object)
SELECT 'worker', unnest('{draw_budget,leave_budget,give_back}'::text[])
UNION ALL SELECT 'coordinator', unnest('{settle_spenders,warn_budget}'::text[])
UNION ALL SELECT 'member', unnest('{end_spenders,reopen}'::text[])
UNION ALL SELECT k, o FROM unnest('{coordinator,member,viewer}'::text[]) AS k, unnest('{spend_overview,my_ledger}'::text[]) AS o;
SELECT nightshift.secure();
