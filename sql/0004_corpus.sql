-- Corpora that programs search, and their embeddings. A corpus is its content: the same passages are one corpus, whatever names
-- it has, and it never changes. Studies refer to it by hash.

CREATE TABLE nightshift.corpus (
    corpus_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id int NOT NULL REFERENCES nightshift.team,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size int NOT NULL CHECK (size > 0),
    is_complete boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (team_id, sha256)
);
COMMENT ON TABLE nightshift.corpus IS 'An immutable list of passages, stored once per team whatever number of names and studies refer to it.';
COMMENT ON COLUMN nightshift.corpus.corpus_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.corpus.team_id IS 'The team that owns it; the same passages of two teams are two corpora.';
COMMENT ON COLUMN nightshift.corpus.sha256 IS 'Hash of the passages in order: what makes two corpora the same.';
COMMENT ON COLUMN nightshift.corpus.size IS 'How many passages it has when it is complete.';
COMMENT ON COLUMN nightshift.corpus.is_complete IS 'Whether all passages are there; until then nobody sees it.';
COMMENT ON COLUMN nightshift.corpus.created_at IS 'When it began to be loaded.';

CREATE TABLE nightshift.corpus_name (
    team_id int NOT NULL REFERENCES nightshift.team,
    name text NOT NULL CHECK (name <> ''),
    corpus_id bigint NOT NULL REFERENCES nightshift.corpus ON DELETE CASCADE,
    given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (team_id, name)
);
COMMENT ON TABLE nightshift.corpus_name IS 'What a name means now. Loading other content under it moves the name on; studies that were submitted keep what it meant.';
COMMENT ON COLUMN nightshift.corpus_name.team_id IS 'The team whose name it is.';
COMMENT ON COLUMN nightshift.corpus_name.name IS 'What study files call the corpus.';
COMMENT ON COLUMN nightshift.corpus_name.corpus_id IS 'The corpus that it means.';
COMMENT ON COLUMN nightshift.corpus_name.given_at IS 'Since when it means that.';

CREATE TABLE nightshift.passage (
    corpus_id bigint NOT NULL REFERENCES nightshift.corpus ON DELETE CASCADE,
    number int NOT NULL CHECK (number >= 0),
    id text,
    content text NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('pg_catalog.english', content)) STORED,
    PRIMARY KEY (corpus_id, number)
);
CREATE INDEX passage_words ON nightshift.passage USING gin (words);
COMMENT ON TABLE nightshift.passage IS 'One text of a corpus.';
COMMENT ON COLUMN nightshift.passage.corpus_id IS 'The corpus that it belongs to.';
COMMENT ON COLUMN nightshift.passage.number IS 'Its place in the corpus, from 0.';
COMMENT ON COLUMN nightshift.passage.id IS 'What the corpus itself calls it, if anything.';
COMMENT ON COLUMN nightshift.passage.content IS 'The text.';
COMMENT ON COLUMN nightshift.passage.words IS 'Its lexemes for full-text search: English stems, no stop words.';

CREATE TABLE nightshift.embedding (
    embedding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    corpus_id bigint NOT NULL REFERENCES nightshift.corpus ON DELETE CASCADE,
    model text NOT NULL CHECK (model <> ''),
    dimensions int NOT NULL CHECK (dimensions > 0),
    is_complete boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (corpus_id, model)
);
COMMENT ON TABLE nightshift.embedding IS 'A corpus as an embedding model sees it: a vector for each passage.';
COMMENT ON COLUMN nightshift.embedding.embedding_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.embedding.corpus_id IS 'The corpus that was embedded.';
COMMENT ON COLUMN nightshift.embedding.model IS 'The model''s name, as its endpoint knows it.';
COMMENT ON COLUMN nightshift.embedding.dimensions IS 'How many components each vector has.';
COMMENT ON COLUMN nightshift.embedding.is_complete IS 'Whether every passage has its vector; until then nobody searches it.';
COMMENT ON COLUMN nightshift.embedding.created_at IS 'When it began to be loaded.';

CREATE TABLE nightshift.passage_vector (
    embedding_id bigint NOT NULL REFERENCES nightshift.embedding ON DELETE CASCADE,
    number int NOT NULL CHECK (number >= 0),
    vector real[] NOT NULL,
    PRIMARY KEY (embedding_id, number)
);
ALTER TABLE nightshift.passage_vector ALTER COLUMN vector SET STORAGE EXTERNAL;
COMMENT ON TABLE nightshift.passage_vector IS 'The vector of one passage.';
COMMENT ON COLUMN nightshift.passage_vector.embedding_id IS 'The embedding that it belongs to.';
COMMENT ON COLUMN nightshift.passage_vector.number IS 'The passage''s place in the corpus.';
COMMENT ON COLUMN nightshift.passage_vector.vector IS 'Its components, scaled to length 1, so that a dot product is a cosine.';

-- Passages --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.my_corpus(p_sha256 text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.corpus_id FROM nightshift.corpus c WHERE c.team_id = nightshift.my_team() AND c.sha256 = p_sha256 AND c.is_complete
$$;
COMMENT ON FUNCTION nightshift.my_corpus IS 'The team''s complete corpus with this hash; NULL when there is none.';

CREATE FUNCTION nightshift.begin_corpus(p_sha256 text, p_size int) RETURNS TABLE (corpus_id bigint, loaded int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_corpus bigint;
BEGIN
    INSERT INTO nightshift.corpus (team_id, sha256, size) VALUES (nightshift.my_team(), p_sha256, p_size)
    ON CONFLICT (team_id, sha256) DO NOTHING;
    SELECT c.corpus_id INTO STRICT v_corpus FROM nightshift.corpus c
     WHERE c.team_id = nightshift.my_team() AND c.sha256 = p_sha256;
    RETURN QUERY SELECT v_corpus, (SELECT count(*)::int FROM nightshift.passage p WHERE p.corpus_id = v_corpus);
END $$;
COMMENT ON FUNCTION nightshift.begin_corpus IS 'Finds or begins a corpus; answers how many passages are there already, from the first on.';

CREATE FUNCTION nightshift.add_passages(p_corpus bigint, p_first int, p_ids text[], p_contents text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM nightshift.corpus c
      WHERE c.corpus_id = p_corpus AND c.team_id = nightshift.my_team() AND p_first + cardinality(p_contents) <= c.size;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the team has no corpus with a place for these passages' USING ERRCODE = '23503';
    END IF;
    INSERT INTO nightshift.passage (corpus_id, number, id, content)
    SELECT p_corpus, p_first + x.o::int - 1, x.id, x.content FROM unnest(p_ids, p_contents) WITH ORDINALITY AS x (id, content, o)
    ON CONFLICT (corpus_id, number) DO NOTHING;
END $$;
COMMENT ON FUNCTION nightshift.add_passages IS 'Stores consecutive passages of a corpus that was begun, from number p_first on; repeating it changes nothing.';

CREATE FUNCTION nightshift.finish_corpus(p_corpus bigint, p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_team int := nightshift.my_team();
BEGIN
    UPDATE nightshift.corpus c SET is_complete = true
     WHERE c.corpus_id = p_corpus AND c.team_id = v_team
       AND (c.is_complete OR c.size = (SELECT count(*) FROM nightshift.passage p WHERE p.corpus_id = p_corpus));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the team has no corpus of which all passages are there' USING ERRCODE = '23503';
    END IF;
    IF p_name IS NOT NULL THEN
        INSERT INTO nightshift.corpus_name AS n (team_id, name, corpus_id) VALUES (v_team, p_name, p_corpus)
        ON CONFLICT (team_id, name) DO UPDATE SET corpus_id = excluded.corpus_id, given_at = clock_timestamp()
         WHERE n.corpus_id <> excluded.corpus_id;
    END IF;
END $$;
COMMENT ON FUNCTION nightshift.finish_corpus IS 'Makes a corpus visible whose passages are all there and, where a name is given, lets the name mean it.';

CREATE FUNCTION nightshift.passages(p_sha256 text, p_first int, p_count int) RETURNS TABLE (number int, id text, content text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.number, p.id, p.content FROM nightshift.passage p
     WHERE p.corpus_id = (SELECT nightshift.my_corpus(p_sha256)) AND p.number >= p_first AND p.number < p_first + p_count
     ORDER BY p.number
$$;
COMMENT ON FUNCTION nightshift.passages IS 'A page of a corpus, in order.';

CREATE FUNCTION nightshift.any_word(p_text text) RETURNS tsquery
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg('''' || replace(replace(l.lexeme, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery
      FROM unnest(to_tsvector('pg_catalog.english', left(p_text, 20000))) AS l
$$;
COMMENT ON FUNCTION nightshift.any_word IS 'Finds what has any word of a text, so that a question in plain words finds something; NULL where the text has stop words only.';

-- ts_rank adds what each word of the query contributes, less for each repetition; ts_rank_cd would count all occurrences of any
-- word alike, since under OR each is a cover by itself. 1: long passages are not preferred for their length.
CREATE FUNCTION nightshift.find_words(p_sha256 text, p_query text, p_limit int)
RETURNS TABLE (number int, id text, content text, score double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.number, p.id, p.content, f.score
      FROM (SELECT w.number, ts_rank(w.words, q, 1)::double precision AS score
              FROM nightshift.any_word(p_query) AS q, nightshift.passage w
             WHERE w.words @@ q AND w.corpus_id = (SELECT nightshift.my_corpus(p_sha256))
             ORDER BY 2 DESC, 1 LIMIT p_limit) f
      JOIN nightshift.passage p ON p.corpus_id = (SELECT nightshift.my_corpus(p_sha256)) AND p.number = f.number
     ORDER BY f.score DESC, f.number
$$;
COMMENT ON FUNCTION nightshift.find_words IS 'The passages of a corpus that fit the words of a query best, by full-text search.';

-- Vectors ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION nightshift.vector_schema() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'
$$;
COMMENT ON FUNCTION nightshift.vector_schema IS 'Where the extension pgvector lies; NULL where the database does not have it.';

CREATE FUNCTION nightshift.begin_embedding(p_sha256 text, p_model text, p_dimensions int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_corpus bigint := nightshift.my_corpus(p_sha256);
    v_embedding bigint;
    v_dimensions int;
BEGIN
    INSERT INTO nightshift.embedding (corpus_id, model, dimensions) VALUES (v_corpus, p_model, p_dimensions)
    ON CONFLICT (corpus_id, model) DO NOTHING;
    SELECT e.embedding_id, e.dimensions INTO STRICT v_embedding, v_dimensions
      FROM nightshift.embedding e WHERE e.corpus_id = v_corpus AND e.model = p_model;
    IF v_dimensions <> p_dimensions THEN
        RAISE EXCEPTION 'the model % gave vectors of % components before, now of %', p_model, v_dimensions, p_dimensions
            USING ERRCODE = '22023';
    END IF;
    RETURN v_embedding;
END $$;
COMMENT ON FUNCTION nightshift.begin_embedding IS 'Finds or begins the embedding of a complete corpus by a model.';

CREATE FUNCTION nightshift.lacking_vectors(p_sha256 text, p_model text) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(p.number ORDER BY p.number), '{}') FROM nightshift.passage p
     WHERE p.corpus_id = (SELECT nightshift.my_corpus(p_sha256))
       AND NOT EXISTS (SELECT 1 FROM nightshift.embedding e JOIN nightshift.passage_vector v USING (embedding_id)
                        WHERE e.corpus_id = p.corpus_id AND e.model = p_model AND v.number = p.number)
$$;
COMMENT ON FUNCTION nightshift.lacking_vectors IS 'Which passages of a corpus have no vector by a model yet: loading goes on where it was interrupted.';

CREATE FUNCTION nightshift.add_vectors(p_embedding bigint, p_numbers int[], p_vectors text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_dimensions int;
BEGIN
    SELECT e.dimensions INTO v_dimensions FROM nightshift.embedding e JOIN nightshift.corpus c USING (corpus_id)
     WHERE e.embedding_id = p_embedding AND c.team_id = nightshift.my_team();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the team has no such embedding' USING ERRCODE = '23503';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(p_vectors) AS v WHERE cardinality(v::real[]) IS DISTINCT FROM v_dimensions) THEN
        RAISE EXCEPTION 'a vector has not the % components of the others', v_dimensions USING ERRCODE = '22023';
    END IF;
    INSERT INTO nightshift.passage_vector (embedding_id, number, vector)
    SELECT p_embedding, x.number, x.vector::real[] FROM unnest(p_numbers, p_vectors) AS x (number, vector)
    ON CONFLICT (embedding_id, number) DO NOTHING;
END $$;
COMMENT ON FUNCTION nightshift.add_vectors IS 'Stores vectors of an embedding that was begun, each as the text of an array; repeating it changes nothing.';

CREATE FUNCTION nightshift.finish_embedding(p_sha256 text, p_model text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE nightshift.embedding e SET is_complete = true
      FROM nightshift.corpus c
     WHERE c.corpus_id = nightshift.my_corpus(p_sha256) AND e.corpus_id = c.corpus_id AND e.model = p_model
       AND c.size = (SELECT count(*) FROM nightshift.passage_vector v WHERE v.embedding_id = e.embedding_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the team has no embedding of which all vectors are there' USING ERRCODE = '23503';
    END IF;
    IF nightshift.vector_schema() IS NULL AND EXISTS (SELECT 1 FROM pg_available_extensions a WHERE a.name = 'vector') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
        EXCEPTION WHEN OTHERS THEN
            NULL;  -- Not ours to create, or just created by another: whoever searches looks whether it is there.
        END;
    END IF;
    RETURN nightshift.vector_schema() IS NOT NULL;
END $$;
COMMENT ON FUNCTION nightshift.finish_embedding IS 'Makes an embedding searchable whose vectors are all there, and pgvector ready where the server has it; answers whether it is.';

CREATE FUNCTION nightshift.my_embedding(p_sha256 text, p_model text)
RETURNS TABLE (embedding_id bigint, dimensions int, is_searchable boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.embedding_id, e.dimensions, nightshift.vector_schema() IS NOT NULL AND e.dimensions <= 16000
      FROM nightshift.embedding e WHERE e.corpus_id = nightshift.my_corpus(p_sha256) AND e.model = p_model AND e.is_complete
$$;
COMMENT ON FUNCTION nightshift.my_embedding IS 'The complete embedding of a corpus by a model, and whether the database can search it itself.';

CREATE FUNCTION nightshift.vectors(p_embedding bigint, p_first int, p_count int) RETURNS TABLE (number int, vector text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT v.number, v.vector::text FROM nightshift.passage_vector v
     WHERE v.embedding_id = p_embedding AND v.number >= p_first AND v.number < p_first + p_count
       AND EXISTS (SELECT 1 FROM nightshift.embedding e JOIN nightshift.corpus c USING (corpus_id)
                    WHERE e.embedding_id = p_embedding AND c.team_id = nightshift.my_team())
     ORDER BY v.number
$$;
COMMENT ON FUNCTION nightshift.vectors IS 'A page of an embedding, in order, for workers that search in memory.';

-- The statement is put together when it is called: without pgvector its type and operator do not exist.
CREATE FUNCTION nightshift.find_vectors(p_embedding bigint, p_vector text, p_limit int)
RETURNS TABLE (number int, id text, content text, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_schema text := nightshift.vector_schema();
BEGIN
    IF v_schema IS NULL THEN
        RAISE EXCEPTION 'the database has no pgvector' USING ERRCODE = '0A000';
    END IF;
    RETURN QUERY EXECUTE format(
        $q$ SELECT p.number, p.id, p.content, f.score
              FROM (SELECT v.number, -(v.vector::%1$I.vector OPERATOR(%1$I.<#>) $2::real[]::%1$I.vector) AS score
                      FROM nightshift.passage_vector v WHERE v.embedding_id = $1 ORDER BY 2 DESC, 1 LIMIT $3) f
              JOIN nightshift.embedding e ON e.embedding_id = $1
              JOIN nightshift.corpus c ON c.corpus_id = e.corpus_id AND c.team_id = nightshift.my_team()
              JOIN nightshift.passage p ON p.corpus_id = c.corpus_id AND p.number = f.number
             ORDER BY f.score DESC, f.number $q$, v_schema)
    USING p_embedding, p_vector, p_limit;
END $$;
COMMENT ON FUNCTION nightshift.find_vectors IS 'The passages nearest to a vector of length 1, with their cosines, by pgvector; exact, all vectors are looked at.';

CREATE VIEW nightshift.corpus_overview AS
SELECT c.sha256, n.name, c.size, coalesce(n.given_at, c.created_at) AS loaded_at,
       (SELECT coalesce(json_agg(json_build_object('model', e.model, 'dimensions', e.dimensions) ORDER BY e.model), '[]')
          FROM nightshift.embedding e WHERE e.corpus_id = c.corpus_id AND e.is_complete) AS embeddings
  FROM nightshift.corpus c LEFT JOIN nightshift.corpus_name n USING (corpus_id)
 WHERE c.team_id = nightshift.my_team() AND c.is_complete;
COMMENT ON VIEW nightshift.corpus_overview IS 'The team''s corpora: a row for each name, and one for a corpus that has none.';
