-- The team's cache of LM answers. It holds answers under the hash of what was asked, never prompts and never keys of providers.

CREATE TABLE nightshift.answer_source (
    source_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id int NOT NULL REFERENCES nightshift.team,
    endpoint text NOT NULL,
    model text NOT NULL,
    role text NOT NULL,
    study text NOT NULL,
    UNIQUE (team_id, endpoint, model, role, study)
);
COMMENT ON TABLE nightshift.answer_source IS 'Where cached answers come from: which model gave them, and for whom.';
COMMENT ON COLUMN nightshift.answer_source.source_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.answer_source.team_id IS 'The team that paid for them.';
COMMENT ON COLUMN nightshift.answer_source.endpoint IS 'Address of the API that was called.';
COMMENT ON COLUMN nightshift.answer_source.model IS 'The model, as provider/NAME.';
COMMENT ON COLUMN nightshift.answer_source.role IS 'What the calls were for: task, prompt, teacher, judge, embedding.';
COMMENT ON COLUMN nightshift.answer_source.study IS 'Public id of the study whose calls they were; empty outside of any. The study may be gone.';

-- No foreign key to the source: this table is hot. cache_keep makes sources first, cache_gc removes them last.
CREATE TABLE nightshift.answer (
    team_id int NOT NULL,
    key bytea NOT NULL CHECK (octet_length(key) = 32),
    source_id int NOT NULL,
    answer text NOT NULL,
    prompt_tokens int NOT NULL CHECK (prompt_tokens >= 0),
    completion_tokens int NOT NULL CHECK (completion_tokens >= 0),
    size int NOT NULL CHECK (size > 0),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_on date NOT NULL DEFAULT current_date,
    PRIMARY KEY (team_id, key)
);
COMMENT ON TABLE nightshift.answer IS 'The answer to one LM call, by the hash of all that decides it. The first one stands.';
COMMENT ON COLUMN nightshift.answer.team_id IS 'The team that owns it; no other sees it.';
COMMENT ON COLUMN nightshift.answer.key IS 'SHA-256 over endpoint, model, messages, parameters, rollout and retry.';
COMMENT ON COLUMN nightshift.answer.source_id IS 'Where it comes from.';
COMMENT ON COLUMN nightshift.answer.answer IS 'What the model answered, as a JSON document.';
COMMENT ON COLUMN nightshift.answer.prompt_tokens IS 'Tokens that the call had sent.';
COMMENT ON COLUMN nightshift.answer.completion_tokens IS 'Tokens that had come back.';
COMMENT ON COLUMN nightshift.answer.size IS 'What the row and its index entry take in bytes, about, before compression.';
COMMENT ON COLUMN nightshift.answer.written_at IS 'When it was stored.';
COMMENT ON COLUMN nightshift.answer.used_on IS 'The last day on which it was read or written: what is removed first where room is short.';

CREATE FUNCTION nightshift.cache_find(p_keys bytea[]) RETURNS TABLE (key text, answer text, prompt_tokens int, completion_tokens int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_team int := nightshift.my_team();
BEGIN
    RETURN QUERY
    SELECT encode(a.key, 'hex'), a.answer, a.prompt_tokens, a.completion_tokens
      FROM nightshift.answer a WHERE a.team_id = v_team AND a.key = ANY (p_keys);
    -- At most one write per answer and day. Whoever is about to write one need not be waited for.
    IF FOUND THEN
        UPDATE nightshift.answer a SET used_on = current_date
         WHERE a.team_id = v_team AND a.key IN (
            SELECT x.key FROM nightshift.answer x
             WHERE x.team_id = v_team AND x.key = ANY (p_keys) AND x.used_on < current_date FOR UPDATE SKIP LOCKED);
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.cache_find IS 'The cached answers to many calls at once; keys without one are left out.';

CREATE FUNCTION nightshift.cache_keep(
    p_keys bytea[], p_answers text[], p_prompt_tokens int[], p_completion_tokens int[], p_endpoints text[], p_models text[],
    p_roles text[], p_studies text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET synchronous_commit = off AS $$
DECLARE
    v_team int := nightshift.my_team();
BEGIN
    INSERT INTO nightshift.answer_source (team_id, endpoint, model, role, study)
    SELECT DISTINCT v_team, x.endpoint, x.model, x.role, x.study
      FROM unnest(p_endpoints, p_models, p_roles, p_studies) AS x (endpoint, model, role, study)
     WHERE NOT EXISTS (SELECT 1 FROM nightshift.answer_source s
                        WHERE s.team_id = v_team AND s.endpoint = x.endpoint AND s.model = x.model AND s.role = x.role
                          AND s.study = x.study)
     ORDER BY 2, 3, 4, 5
    ON CONFLICT DO NOTHING;
    -- In the order of the keys: two workers that keep the same answers must not wait for each other in a circle.
    INSERT INTO nightshift.answer (team_id, key, source_id, answer, prompt_tokens, completion_tokens, size)
    SELECT v_team, x.key, s.source_id, x.answer, x.prompt_tokens, x.completion_tokens, 150 + octet_length(x.answer)
      FROM unnest(p_keys, p_answers, p_prompt_tokens, p_completion_tokens, p_endpoints, p_models, p_roles, p_studies)
           AS x (key, answer, prompt_tokens, completion_tokens, endpoint, model, role, study)
      JOIN nightshift.answer_source s ON s.team_id = v_team AND s.endpoint = x.endpoint AND s.model = x.model
       AND s.role = x.role AND s.study = x.study
     ORDER BY x.key
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION nightshift.cache_keep IS 'Keeps many answers at once, with where they come from. The first answer to a call stands.';

CREATE FUNCTION nightshift.cache_stats() RETURNS TABLE (
    endpoint text, model text, answers bigint, bytes bigint, prompt_tokens bigint, completion_tokens bigint,
    oldest timestamptz, newest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.endpoint, s.model, count(*), sum(a.size), sum(a.prompt_tokens), sum(a.completion_tokens),
           min(a.written_at), max(a.written_at)
      FROM nightshift.answer a JOIN nightshift.answer_source s USING (source_id)
     WHERE a.team_id = nightshift.my_team()
     GROUP BY s.endpoint, s.model ORDER BY sum(a.size) DESC, s.endpoint, s.model
$$;
COMMENT ON FUNCTION nightshift.cache_stats IS 'What the team''s cache holds, by model: answers, size, the tokens that they took, when the oldest and the newest were written.';

CREATE FUNCTION nightshift.cache_gc(p_older_than_s double precision, p_max_size bigint)
RETURNS TABLE (answers bigint, bytes bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_team int := nightshift.my_team();
BEGIN
    RETURN QUERY
    WITH old AS (
        DELETE FROM nightshift.answer a
         WHERE a.team_id = v_team AND a.written_at < clock_timestamp() - make_interval(secs => p_older_than_s)
        RETURNING a.key, a.size),
    kept AS (
        SELECT a.key, sum(a.size) OVER (ORDER BY a.used_on DESC, a.written_at DESC, a.key) AS upto
          FROM nightshift.answer a WHERE a.team_id = v_team AND a.key NOT IN (SELECT o.key FROM old o)),
    excess AS (
        DELETE FROM nightshift.answer a
         WHERE a.team_id = v_team AND a.key IN (SELECT k.key FROM kept k WHERE k.upto > p_max_size)
        RETURNING a.size)
    SELECT count(*), coalesce(sum(x.size), 0)::bigint
      FROM (SELECT o.size FROM old o UNION ALL SELECT e.size FROM excess e) x;
    DELETE FROM nightshift.answer_source s
     WHERE s.team_id = v_team AND NOT EXISTS (SELECT 1 FROM nightshift.answer a WHERE a.source_id = s.source_id);
END $$;
COMMENT ON FUNCTION nightshift.cache_gc IS 'Removes answers written longer ago than p_older_than_s, then, where the rest takes more than p_max_size bytes, those that were used least recently; null sets no bound. Answers what was removed.';

INSERT INTO nightshift.permission (kind, object)
SELECT 'worker', unnest('{cache_find,cache_keep}'::text[])
UNION ALL SELECT 'member', unnest('{cache_stats,cache_gc}'::text[])
UNION ALL SELECT 'viewer', 'cache_stats';
SELECT nightshift.secure();
