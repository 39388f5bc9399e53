-- Counters of results: how many, how they ended, what they used. Whatever inserts results adds rows here in the same transaction;
-- coordinators fold them together each second. Nothing is updated in place, so reports never wait for each other.

-- Whoever reports just now ends first: the counters begin with all results that there are.
LOCK TABLE nightshift.result, nightshift.proposal IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE nightshift.tally (
    study_id bigint NOT NULL,
    stage text NOT NULL,
    candidate text,
    split text,
    rollout int,
    role text,
    results bigint NOT NULL DEFAULT 0,
    scored bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    score numeric NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    cached bigint NOT NULL DEFAULT 0,
    prompt_tokens bigint NOT NULL DEFAULT 0,
    completion_tokens bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    written xid8 NOT NULL DEFAULT pg_current_xact_id()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX tally_written ON nightshift.tally (study_id, written);
CREATE INDEX tally_candidate ON nightshift.tally (study_id, candidate, written) WHERE split = 'val';
COMMENT ON TABLE nightshift.tally IS 'Counters of results and proposals. The sum over the rows of a key counts; how many rows there are says nothing.';
COMMENT ON COLUMN nightshift.tally.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.tally.stage IS 'The stage of the units.';
COMMENT ON COLUMN nightshift.tally.candidate IS 'The candidate that was run; none for proposals.';
COMMENT ON COLUMN nightshift.tally.split IS 'The split of the examples; none for proposals.';
COMMENT ON COLUMN nightshift.tally.rollout IS 'Which repetition; none for proposals.';
COMMENT ON COLUMN nightshift.tally.role IS 'The LM role whose usage is counted; none where the results themselves are.';
COMMENT ON COLUMN nightshift.tally.results IS 'Results, or proposals.';
COMMENT ON COLUMN nightshift.tally.scored IS 'Results that have a score.';
COMMENT ON COLUMN nightshift.tally.failed IS 'Results that ended in an error of any kind.';
COMMENT ON COLUMN nightshift.tally.score IS 'The sum of their scores. It is exact, so that it does not depend on the order in which they came.';
COMMENT ON COLUMN nightshift.tally.calls IS 'LM calls of the role.';
COMMENT ON COLUMN nightshift.tally.attempts IS 'Requests that were sent for them.';
COMMENT ON COLUMN nightshift.tally.cached IS 'Answers that came from the cache.';
COMMENT ON COLUMN nightshift.tally.prompt_tokens IS 'Tokens of the prompts.';
COMMENT ON COLUMN nightshift.tally.completion_tokens IS 'Tokens of the answers.';
COMMENT ON COLUMN nightshift.tally.ended_at IS 'When the last of the results arrived.';
COMMENT ON COLUMN nightshift.tally.written IS 'The transaction that wrote the row.';

CREATE TABLE nightshift.tally_mark (
    study_id bigint PRIMARY KEY REFERENCES nightshift.study ON DELETE CASCADE,
    mark xid8 NOT NULL DEFAULT '0',
    folded xid8 NOT NULL DEFAULT '0'
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE nightshift.tally_mark IS 'From where on a study''s tally is to be read: rows before were folded, though they may stay on the disk while a transaction is open that sees them.';
COMMENT ON COLUMN nightshift.tally_mark.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.tally_mark.mark IS 'Low-water mark: all rows that count were written by this transaction or a later one.';
COMMENT ON COLUMN nightshift.tally_mark.folded IS 'The transaction that folded last.';

-- A mark beyond all transactions is another server's: a dump was restored here.
CREATE VIEW nightshift.live_tally AS
SELECT t.*
  FROM nightshift.tally_mark m
  JOIN nightshift.tally t
    ON t.study_id = m.study_id
   AND t.written >= CASE WHEN m.mark > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE m.mark END;
COMMENT ON VIEW nightshift.live_tally IS 'The rows of tally, found from the studies'' marks on.';

-- Writing -------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.tally_results() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, results, scored, failed, score, ended_at)
    SELECT n.study_id, n.stage, n.candidate, n.split, n.rollout, count(*), count(n.score),
           count(*) FILTER (WHERE n.outcome <> 'scored'), coalesce(sum(n.score::text::numeric), 0), max(n.at)
      FROM new_rows n GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, role, calls, attempts, cached, prompt_tokens, completion_tokens)
    SELECT n.study_id, n.stage, n.candidate, n.split, n.rollout, u.key, coalesce(sum(c.calls), 0), coalesce(sum(c.attempts), 0),
           coalesce(sum(c.cached), 0), coalesce(sum(c.prompt_tokens), 0), coalesce(sum(c.completion_tokens), 0)
      FROM new_rows n CROSS JOIN LATERAL json_each(n.usage) u
     CROSS JOIN LATERAL json_to_record(u.value)
           AS c (calls bigint, attempts bigint, cached bigint, prompt_tokens bigint, completion_tokens bigint)
     GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION nightshift.tally_results IS 'Counts results that were just inserted.';

CREATE FUNCTION nightshift.tally_proposals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
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
COMMENT ON FUNCTION nightshift.tally_proposals IS 'Counts proposals that were just inserted.';

CREATE FUNCTION nightshift.tally_study() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO nightshift.tally_mark (study_id) VALUES (NEW.study_id);
    ELSE
        DELETE FROM nightshift.tally t WHERE t.study_id = OLD.study_id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION nightshift.tally_study IS 'Begins and ends the counters of a study.';

-- What the counters must be, from the rows themselves.
CREATE VIEW nightshift.recount AS
WITH row AS (
    SELECT r.study_id, r.stage, r.candidate, r.split, r.rollout, r.outcome, r.score, r.usage, r.at FROM nightshift.result r
    UNION ALL
    SELECT p.study_id, 'propose', NULL, NULL, NULL, CASE WHEN p.error IS NULL THEN 'scored' ELSE 'program_error' END, NULL, p.usage, p.at
      FROM nightshift.proposal p)
SELECT n.study_id, n.stage, n.candidate, n.split, n.rollout, NULL AS role, count(*) AS results, count(n.score) AS scored,
       count(*) FILTER (WHERE n.outcome <> 'scored') AS failed, coalesce(sum(n.score::text::numeric), 0) AS score,
       0 AS calls, 0 AS attempts, 0 AS cached, 0 AS prompt_tokens, 0 AS completion_tokens, max(n.at) AS ended_at
  FROM row n GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT n.study_id, n.stage, n.candidate, n.split, n.rollout, u.key, 0, 0, 0, 0, coalesce(sum(c.calls), 0), coalesce(sum(c.attempts), 0),
       coalesce(sum(c.cached), 0), coalesce(sum(c.prompt_tokens), 0), coalesce(sum(c.completion_tokens), 0), NULL
  FROM row n CROSS JOIN LATERAL json_each(n.usage) u
 CROSS JOIN LATERAL json_to_record(u.value)
       AS c (calls bigint, attempts bigint, cached bigint, prompt_tokens bigint, completion_tokens bigint)
 GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW nightshift.recount IS 'The counters as the results themselves give them: slow, and what tally must be equal to.';

INSERT INTO nightshift.tally_mark (study_id) SELECT s.study_id FROM nightshift.study s;
INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, role, results, scored, failed, score, calls, attempts, cached,
                              prompt_tokens, completion_tokens, ended_at)
SELECT * FROM nightshift.recount;

CREATE TRIGGER tally AFTER INSERT ON nightshift.result REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION nightshift.tally_results();
CREATE TRIGGER tally AFTER INSERT ON nightshift.proposal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION nightshift.tally_proposals();
CREATE TRIGGER tally AFTER INSERT OR DELETE ON nightshift.study FOR EACH ROW EXECUTE FUNCTION nightshift.tally_study();

-- Folding -------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.fold_tally(p_study bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_from xid8;
    v_mark xid8;
BEGIN
    SELECT CASE WHEN m.mark > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE m.mark END INTO v_from
      FROM nightshift.tally_mark m WHERE m.study_id = p_study FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    -- All transactions before this one have ended: the next statement sees what they wrote, and leaves none of it.
    v_mark := pg_snapshot_xmin(pg_current_snapshot());
    WITH gone AS (DELETE FROM nightshift.tally t WHERE t.study_id = p_study AND t.written >= v_from RETURNING t.*)
    INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, role, results, scored, failed, score, calls, attempts,
                                  cached, prompt_tokens, completion_tokens, ended_at)
    SELECT g.study_id, g.stage, g.candidate, g.split, g.rollout, g.role, sum(g.results), sum(g.scored), sum(g.failed), sum(g.score),
           sum(g.calls), sum(g.attempts), sum(g.cached), sum(g.prompt_tokens), sum(g.completion_tokens), max(g.ended_at)
      FROM gone g GROUP BY 1, 2, 3, 4, 5, 6;
    UPDATE nightshift.tally_mark m SET mark = v_mark, folded = pg_current_xact_id() WHERE m.study_id = p_study;
END $$;
REVOKE EXECUTE ON FUNCTION nightshift.fold_tally FROM PUBLIC;
COMMENT ON FUNCTION nightshift.fold_tally IS 'Makes one row of all rows of a key of a study''s tally. Whoever comes while another folds does nothing.';

CREATE FUNCTION nightshift.fold_tallies() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_study bigint;
    v_count int := 0;
BEGIN
    FOR v_study IN
        SELECT m.study_id FROM nightshift.tally_mark m JOIN nightshift.study s USING (study_id)
         WHERE (s.finished_at IS NULL OR s.finished_at > clock_timestamp() - interval '1 min')
           AND (m.mark > pg_snapshot_xmax(pg_current_snapshot())
                OR (SELECT count(*) FROM (SELECT 1 FROM nightshift.tally t
                                           WHERE t.study_id = m.study_id AND t.written > m.folded LIMIT 200) x) >= 200)
         ORDER BY m.study_id
    LOOP
        PERFORM nightshift.fold_tally(v_study);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;
COMMENT ON FUNCTION nightshift.fold_tallies IS 'Folds the tallies that have grown; coordinators call it each second. Answers how many.';

CREATE FUNCTION nightshift.check_tally() RETURNS TABLE (problem text, study_id bigint, count bigint)
LANGUAGE sql STABLE AS $$
    SELECT 'counter that differs from its rows', x.study_id, count(*)
      FROM (SELECT y.study_id FROM (
                SELECT t.study_id, t.stage, t.candidate, t.split, t.rollout, t.role, t.results, t.scored, t.failed, t.score, t.calls,
                       t.attempts, t.cached, t.prompt_tokens, t.completion_tokens
                  FROM nightshift.live_tally t
                UNION ALL
                SELECT r.study_id, r.stage, r.candidate, r.split, r.rollout, r.role, -r.results, -r.scored, -r.failed, -r.score, -r.calls,
                       -r.attempts, -r.cached, -r.prompt_tokens, -r.completion_tokens
                  FROM nightshift.recount r) y
             GROUP BY y.study_id, y.stage, y.candidate, y.split, y.rollout, y.role
            HAVING (sum(y.results), sum(y.scored), sum(y.failed), sum(y.score), sum(y.calls), sum(y.attempts), sum(y.cached),
                    sum(y.prompt_tokens), sum(y.completion_tokens)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)) x
     GROUP BY x.study_id
$$;
COMMENT ON FUNCTION nightshift.check_tally IS 'Counters that differ from what the results themselves give; no rows when all is well. It reads all results.';

-- Reading -------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW nightshift.usage_overview WITH (security_barrier) AS
SELECT t.study_id, t.stage, t.role, sum(t.calls)::bigint AS calls, sum(t.attempts)::bigint AS attempts, sum(t.cached)::bigint AS cached,
       sum(t.prompt_tokens)::bigint AS prompt_tokens, sum(t.completion_tokens)::bigint AS completion_tokens
  FROM nightshift.live_tally t
 WHERE t.role IS NOT NULL
   AND EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = t.study_id AND s.team_id = (SELECT nightshift.my_team()))
 GROUP BY t.study_id, t.stage, t.role;

CREATE OR REPLACE VIEW nightshift.stage_overview WITH (security_barrier) AS
SELECT d.study_id, d.stage, coalesce(w.done, 0) AS done, coalesce(o.open, 0) AS open,
       extract(epoch FROM d.started_at)::double precision AS started_at,
       extract(epoch FROM greatest(w.ended_at, d.started_at))::double precision AS ended_at,
       extract(epoch FROM greatest(w.ended_at, d.started_at) - d.started_at)::double precision AS seconds
  FROM (SELECT study_id, stage, min(created_at) AS started_at FROM nightshift.decision GROUP BY study_id, stage) d
  LEFT JOIN (SELECT t.study_id, t.stage, sum(t.results)::bigint AS done, max(t.ended_at) AS ended_at
               FROM nightshift.live_tally t WHERE t.role IS NULL GROUP BY t.study_id, t.stage) w USING (study_id, stage)
  LEFT JOIN (SELECT u.study_id, u.stage,
                    -- Only what was leased before can have results.
                    sum(greatest(1, cardinality(u.examples)) - CASE WHEN u.attempt = 0 THEN 0 ELSE
                        (SELECT count(*) FROM nightshift.result r
                          WHERE r.study_id = u.study_id AND r.candidate = u.candidate AND r.split = u.split
                            AND r.rollout = u.rollout AND r.example = ANY (u.examples)) END)::bigint AS open
               FROM nightshift.unit u GROUP BY u.study_id, u.stage) o USING (study_id, stage)
 WHERE EXISTS (SELECT 1 FROM nightshift.study s WHERE s.study_id = d.study_id AND s.team_id = (SELECT nightshift.my_team()));

CREATE OR REPLACE VIEW nightshift.trial_overview WITH (security_barrier) AS
SELECT t.study_id, t.number, t.candidate, t.params, t.provenance,
       CASE WHEN s.state = 'cancelled' AND r.examples < r.seen THEN 'cancelled'
            WHEN o.candidate IS NOT NULL THEN 'running'
            WHEN s.state = 'cancelled' AND r.seen = 0 THEN 'cancelled'
            WHEN r.seen = 0 THEN 'running'
            WHEN r.examples < coalesce((s.spec #>> '{optimizer,min_coverage}')::double precision, 0.9) * r.seen THEN 'incomplete'
            ELSE 'complete' END AS state,
       r.score, r.examples, r.calls, r.errors, t.created_at, r.finished_at, b.mean AS posterior, b.deviation
  FROM nightshift.trial t
  JOIN nightshift.study s ON s.study_id = t.study_id AND s.team_id = (SELECT nightshift.my_team())
  LEFT JOIN nightshift.belief b ON b.study_id = t.study_id AND b.trial = t.number
  LEFT JOIN (SELECT u.study_id, u.candidate FROM nightshift.unit u WHERE u.kind = 'evaluate' AND u.split = 'val'
              GROUP BY u.study_id, u.candidate) o ON o.study_id = t.study_id AND o.candidate = t.candidate
 CROSS JOIN LATERAL (
       SELECT sum(x.score)::double precision / nullif(sum(x.scored), 0)::double precision AS score,
              coalesce(sum(x.scored), 0)::bigint AS examples,
              coalesce(sum(x.results) FILTER (WHERE x.rollout = 0), 0)::bigint AS seen,
              (coalesce(sum(x.failed), 0) - coalesce(sum(x.results) FILTER (WHERE x.rollout = 1), 0))::bigint AS errors,
              max(x.ended_at) AS finished_at, coalesce(sum(x.calls) FILTER (WHERE x.role = 'task'), 0)::bigint AS calls
         FROM nightshift.live_tally x
        WHERE x.study_id = t.study_id AND x.candidate = t.candidate AND x.split = 'val' AND x.rollout IN (0, 1)) r;

-- Seeing --------------------------------------------------------------------------------------------------------------------

CREATE VIEW nightshift.queue_health WITH (security_barrier) AS
SELECT s.study_id, s.id, s.name, s.state, u.ready, u.leased, u.delayed, u.retried, u.suspect, u.failures, u.losses, u.oldest_lease_s,
       (SELECT count(*) FROM nightshift.event e WHERE e.study_id = s.study_id AND e.kind = 'unit.set_aside') AS set_aside,
       coalesce((SELECT l.until > clock_timestamp() FROM nightshift.leader l WHERE l.study_id = s.study_id), false) AS is_led,
       coalesce((SELECT CASE WHEN s.state = 'running' AND d.units > 0
                              AND NOT EXISTS (SELECT 1 FROM nightshift.unit x WHERE x.study_id = s.study_id AND x.decision = d.number)
                             THEN greatest(0, extract(epoch FROM clock_timestamp() - (SELECT max(t.ended_at) FROM nightshift.live_tally t
                                                                                       WHERE t.study_id = s.study_id))) END
                   FROM nightshift.decision d WHERE d.study_id = s.study_id AND d.finished_at IS NULL
                  ORDER BY d.number LIMIT 1), 0)::double precision AS lag_s
  FROM nightshift.study s
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE x.state = 'ready') AS ready, count(*) FILTER (WHERE x.state = 'leased') AS leased,
              count(*) FILTER (WHERE x.state = 'delayed') AS delayed, count(*) FILTER (WHERE x.attempt > 1) AS retried,
              count(*) FILTER (WHERE x.losses >= 2) AS suspect, coalesce(sum(x.failures), 0)::bigint AS failures,
              coalesce(sum(x.losses), 0)::bigint AS losses,
              coalesce(extract(epoch FROM clock_timestamp() - min(x.leased_at) FILTER (WHERE x.state = 'leased')), 0)::double precision
                  AS oldest_lease_s
         FROM nightshift.unit x WHERE x.study_id = s.study_id) u
 WHERE s.finished_at IS NULL AND s.team_id = (SELECT nightshift.my_team());
COMMENT ON VIEW nightshift.queue_health IS 'The queue of each unfinished study: depth, age of the oldest lease, units leased again, failures and losses of open units, units set aside, and for how long the first open decision has waited for its coordinator.';

-- Who got which rights, and who lost them.
CREATE FUNCTION nightshift.note_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_member nightshift.member := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO nightshift.event (kind, data)
    SELECT CASE TG_OP WHEN 'INSERT' THEN 'role.enrolled' WHEN 'UPDATE' THEN 'role.changed' ELSE 'role.removed' END,
           json_build_object('role', v_member.role_name, 'team', t.name, 'kind', v_member.kind)
      FROM nightshift.team t WHERE t.team_id = v_member.team_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION nightshift.note_member IS 'Records changes of who belongs to which team.';
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON nightshift.member FOR EACH ROW EXECUTE FUNCTION nightshift.note_member();

INSERT INTO nightshift.permission (kind, object)
SELECT k, 'queue_health' FROM unnest('{coordinator,member,viewer}'::text[]) AS k
UNION ALL SELECT 'coordinator', 'fold_tallies';
SELECT nightshift.secure();
