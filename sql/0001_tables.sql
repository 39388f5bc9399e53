-- The tables of Nightshift. What keeps data true is said here, as constraints; who changes it is said in the functions
-- of 0002 (workers) and 0003 (coordinators and commands).

CREATE SCHEMA nightshift;
COMMENT ON SCHEMA nightshift IS 'Nightshift: studies of language-model programs, their units of work and their results.';

CREATE TABLE nightshift.team (
    team_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '')
);
COMMENT ON TABLE nightshift.team IS 'Who shares studies, history, cache and budgets. A private cluster has the team "local".';
COMMENT ON COLUMN nightshift.team.team_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.team.name IS 'What the team is called; unique.';
INSERT INTO nightshift.team (name) VALUES ('local');

CREATE TABLE nightshift.member (
    role_name name PRIMARY KEY,
    team_id int NOT NULL REFERENCES nightshift.team
);
COMMENT ON TABLE nightshift.member IS 'The team of a login role; a role that is not listed belongs to "local".';
COMMENT ON COLUMN nightshift.member.role_name IS 'The login role, as in session_user.';
COMMENT ON COLUMN nightshift.member.team_id IS 'The team whose studies the role sees and serves.';

-- Data sets -----------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.dataset (
    dataset_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id int NOT NULL REFERENCES nightshift.team,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size int NOT NULL CHECK (size > 0),
    UNIQUE (team_id, sha256)
);
COMMENT ON TABLE nightshift.dataset IS 'An immutable list of examples, stored once per team whatever number of studies use it.';
COMMENT ON COLUMN nightshift.dataset.dataset_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.dataset.team_id IS 'The team that owns it; the same rows of two teams are two data sets.';
COMMENT ON COLUMN nightshift.dataset.sha256 IS 'Hash of the rows in order: what makes two data sets the same.';
COMMENT ON COLUMN nightshift.dataset.size IS 'How many examples it has.';

CREATE TABLE nightshift.example (
    dataset_id bigint NOT NULL REFERENCES nightshift.dataset ON DELETE CASCADE,
    number int NOT NULL CHECK (number >= 0),
    content json NOT NULL,
    PRIMARY KEY (dataset_id, number)
);
COMMENT ON TABLE nightshift.example IS 'One row of a data set: an object of fields, in the order of the file.';
COMMENT ON COLUMN nightshift.example.dataset_id IS 'The data set it belongs to.';
COMMENT ON COLUMN nightshift.example.number IS 'Its place in the data set, from 0.';
COMMENT ON COLUMN nightshift.example.content IS 'Its fields, as an object in the order of the file.';

-- Studies ---------------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.study (
    study_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE CHECK (id ~ '^[0-9a-f]{16}$'),
    team_id int NOT NULL REFERENCES nightshift.team,
    name text NOT NULL CHECK (name <> ''),
    fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    spec json NOT NULL,
    plan_version int NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'paused', 'waiting', 'finished', 'failed', 'cancelled')),
    finish_reason text CHECK (finish_reason IN ('trials', 'converged', 'target_score', 'no_improvement', 'budget_calls',
        'budget_tokens', 'budget_usd', 'budget_wall', 'cancelled')),
    message text,
    result json,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    CHECK ((state IN ('finished', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'finished' OR (finish_reason IS NOT NULL AND result IS NOT NULL)),
    CHECK (state <> 'running' OR started_at IS NOT NULL)
);
CREATE UNIQUE INDEX study_unfinished ON nightshift.study (team_id, name)
    WHERE state NOT IN ('finished', 'failed', 'cancelled');
CREATE INDEX study_by_name ON nightshift.study (team_id, name, created_at DESC);
COMMENT ON TABLE nightshift.study IS 'One compile: program, data sets, metric, optimiser, LM roles, seed. At most one of a name is unfinished.';
COMMENT ON COLUMN nightshift.study.study_id IS 'Key within the database.';
COMMENT ON COLUMN nightshift.study.id IS 'What users call the study by, or a unique prefix of it.';
COMMENT ON COLUMN nightshift.study.team_id IS 'The team that submitted it and whose workers run it.';
COMMENT ON COLUMN nightshift.study.name IS 'The name in the study file; many ended studies may share it.';
COMMENT ON COLUMN nightshift.study.fingerprint IS 'SHA-256 of all that decides the plan; the same fingerprint resumes.';
COMMENT ON COLUMN nightshift.study.spec IS 'The resolved study: self-contained, without keys of LM providers.';
COMMENT ON COLUMN nightshift.study.plan_version IS 'Version of the plan that made the decisions; a coordinator of another version does not lead it.';
COMMENT ON COLUMN nightshift.study.state IS 'queued until a coordinator starts it, then running; paused by a person or by trouble; waiting, which nothing sets yet, is started like queued; finished, failed and cancelled are final.';
COMMENT ON COLUMN nightshift.study.finish_reason IS 'Which rule ended a finished or cancelled study.';
COMMENT ON COLUMN nightshift.study.message IS 'Why the study is paused or failed, for a person.';
COMMENT ON COLUMN nightshift.study.result IS 'What the study ended with: scores, intervals, the winner''s state.';
COMMENT ON COLUMN nightshift.study.created_at IS 'When it was submitted.';
COMMENT ON COLUMN nightshift.study.started_at IS 'When a coordinator first started it.';
COMMENT ON COLUMN nightshift.study.finished_at IS 'When it ended, in whichever final state.';

CREATE TABLE nightshift.study_split (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    split text NOT NULL CHECK (split IN ('train', 'val', 'test')),
    dataset_id bigint NOT NULL REFERENCES nightshift.dataset,
    PRIMARY KEY (study_id, split)
);
COMMENT ON TABLE nightshift.study_split IS 'Which data set serves a study as train, val and test.';
COMMENT ON COLUMN nightshift.study_split.study_id IS 'The study.';
COMMENT ON COLUMN nightshift.study_split.split IS 'Which part the data set plays: train, val or test.';
COMMENT ON COLUMN nightshift.study_split.dataset_id IS 'The data set that plays it.';

-- The plan --------------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.decision (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    number int NOT NULL CHECK (number >= 0),
    key text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('baseline', 'bootstrap', 'propose', 'search', 'confirm', 'test')),
    body json NOT NULL,
    units int NOT NULL CHECK (units >= 0),
    term bigint NOT NULL CHECK (term > 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (study_id, number),
    UNIQUE (study_id, key)
);
COMMENT ON TABLE nightshift.decision IS 'What the optimiser decided, in order. Recorded before its units exist; after a crash it is fed back, never made again.';
COMMENT ON COLUMN nightshift.decision.study_id IS 'The study it belongs to.';
COMMENT ON COLUMN nightshift.decision.number IS 'Its place in the plan, from 0 without a gap.';
COMMENT ON COLUMN nightshift.decision.key IS 'Names the decision by what it does, as the plan does; unique within the study.';
COMMENT ON COLUMN nightshift.decision.stage IS 'The step of the study that it belongs to.';
COMMENT ON COLUMN nightshift.decision.body IS 'The whole decision as the plan wrote it: its work, new candidates and trials.';
COMMENT ON COLUMN nightshift.decision.units IS 'Into how many units its work was split.';
COMMENT ON COLUMN nightshift.decision.term IS 'The term of the coordinator that recorded it.';
COMMENT ON COLUMN nightshift.decision.created_at IS 'When it was recorded.';
COMMENT ON COLUMN nightshift.decision.finished_at IS 'When its outcome was told to the plan.';

CREATE TABLE nightshift.candidate (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    candidate text NOT NULL CHECK (candidate ~ '^[0-9a-f]{16}$'),
    state json NOT NULL,
    PRIMARY KEY (study_id, candidate)
);
COMMENT ON TABLE nightshift.candidate IS 'One assignment of a program''s parameters (instructions and demos per predictor), named by the hash of its content.';
COMMENT ON COLUMN nightshift.candidate.study_id IS 'The study that it was proposed in.';
COMMENT ON COLUMN nightshift.candidate.candidate IS 'First 16 hex digits of the hash of its state.';
COMMENT ON COLUMN nightshift.candidate.state IS 'Instructions and demos by predictor path.';

CREATE TABLE nightshift.trial (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    number int NOT NULL CHECK (number >= 0),
    candidate text NOT NULL,
    params json NOT NULL,
    provenance text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, number),
    UNIQUE (study_id, candidate),
    FOREIGN KEY (study_id, candidate) REFERENCES nightshift.candidate ON DELETE CASCADE
);
COMMENT ON TABLE nightshift.trial IS 'A candidate under evaluation within a study. Trial 0 is the uncompiled program. Score and state follow from the results: see the view trial_overview.';
COMMENT ON COLUMN nightshift.trial.study_id IS 'The study it belongs to.';
COMMENT ON COLUMN nightshift.trial.number IS 'Its place in the order of proposal, from 0.';
COMMENT ON COLUMN nightshift.trial.candidate IS 'The candidate that it evaluates; one trial each.';
COMMENT ON COLUMN nightshift.trial.params IS 'The choices that make the candidate, by predictor path.';
COMMENT ON COLUMN nightshift.trial.provenance IS 'Why it was proposed.';
COMMENT ON COLUMN nightshift.trial.created_at IS 'When its first decision was recorded.';

-- Work ------------------------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.session (
    session uuid PRIMARY KEY,
    team_id int NOT NULL,
    name text NOT NULL,
    info json NOT NULL DEFAULT '{}',
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL,
    draining boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
COMMENT ON TABLE nightshift.session IS 'A worker process. It is alive until `until`, which its heartbeat moves on; its uuid is part of the fence of every lease.';
COMMENT ON COLUMN nightshift.session.session IS 'Made by the worker, new with every registration and never used again.';
COMMENT ON COLUMN nightshift.session.team_id IS 'The team of the role that registered; the worker leases only its studies.';
COMMENT ON COLUMN nightshift.session.name IS 'What the worker calls itself, for people.';
COMMENT ON COLUMN nightshift.session.info IS 'Host and process of the worker, how many examples it keeps in flight, and the one study that it is bound to, if any.';
COMMENT ON COLUMN nightshift.session.registered_at IS 'When the session began.';
COMMENT ON COLUMN nightshift.session.until IS 'When it expires unless a heartbeat comes first; what it holds is then lost.';
COMMENT ON COLUMN nightshift.session.draining IS 'The worker finishes what it holds and leases no more.';

CREATE TABLE nightshift.refusal (
    study_id bigint NOT NULL REFERENCES nightshift.study ON DELETE CASCADE,
    session uuid NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, session)
);
COMMENT ON TABLE nightshift.refusal IS 'Workers whose calls the LM provider refuses for a study (bad key, unknown model). When all live workers are refused, the study pauses.';
COMMENT ON COLUMN nightshift.refusal.study_id IS 'The study whose calls are refused.';
COMMENT ON COLUMN nightshift.refusal.session IS 'The worker whose calls are refused.';
COMMENT ON COLUMN nightshift.refusal.message IS 'What the provider said, for a person.';
COMMENT ON COLUMN nightshift.refusal.at IS 'When it was said.';

-- No foreign keys from here on: a hot table that references a hot parent locks it at every insert. The functions are the
-- only writers and keep the references true; the function check_integrity proves it.
CREATE TABLE nightshift.unit (
    unit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL,
    key text NOT NULL,
    decision int NOT NULL,
    ordinal int NOT NULL,
    priority smallint NOT NULL,
    stage text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('evaluate', 'bootstrap', 'propose')),
    candidate text,
    split text,
    examples int[] NOT NULL DEFAULT '{}',
    rollout int NOT NULL DEFAULT 0,
    payload json,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'delayed')),
    attempt int NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    session uuid,
    due timestamptz,
    losses_alone smallint NOT NULL DEFAULT 0 CHECK (losses_alone >= 0),
    losses smallint NOT NULL DEFAULT 0 CHECK (losses >= losses_alone),
    failures smallint NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_error text,
    UNIQUE (study_id, key),
    CHECK ((state = 'leased') = (session IS NOT NULL)),
    CHECK ((state = 'ready') = (due IS NULL)),
    CHECK ((kind = 'propose') = (payload IS NOT NULL)),
    CHECK ((kind = 'propose') = (candidate IS NULL) AND (kind = 'propose') = (split IS NULL)
        AND (kind = 'propose') = (cardinality(examples) = 0)),
    CHECK (array_position(examples, NULL) IS NULL)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX unit_ready ON nightshift.unit (study_id, priority, decision, ordinal) WHERE state = 'ready';
CREATE INDEX unit_due ON nightshift.unit (due) WHERE due IS NOT NULL;
CREATE INDEX unit_session ON nightshift.unit (session) WHERE session IS NOT NULL;
CREATE INDEX unit_decision ON nightshift.unit (study_id, decision);
COMMENT ON TABLE nightshift.unit IS 'The atom of leased work: a slice of a decision''s block, a bootstrap attempt, a proposal. Deleted with its last result: what is here is still to be done.';
COMMENT ON COLUMN nightshift.unit.unit_id IS 'Key within the database; workers report by it.';
COMMENT ON COLUMN nightshift.unit.study_id IS 'The study it belongs to.';
COMMENT ON COLUMN nightshift.unit.key IS 'Follows from the study alone (evaluate/t12/b3/s0), so a second insert changes nothing.';
COMMENT ON COLUMN nightshift.unit.decision IS 'Number of the decision that issued it.';
COMMENT ON COLUMN nightshift.unit.ordinal IS 'Its place within the decision.';
COMMENT ON COLUMN nightshift.unit.priority IS 'Lower is leased first; then decision, then ordinal.';
COMMENT ON COLUMN nightshift.unit.stage IS 'The stage of its decision, kept here for its results.';
COMMENT ON COLUMN nightshift.unit.kind IS 'What is to be run: a candidate for its scores, a teacher for its traces, or one call of the instruction proposer.';
COMMENT ON COLUMN nightshift.unit.candidate IS 'The candidate to run; none for a proposal.';
COMMENT ON COLUMN nightshift.unit.split IS 'Where its examples come from; none for a proposal.';
COMMENT ON COLUMN nightshift.unit.examples IS 'Numbers of the examples in the split that the unit is to run.';
COMMENT ON COLUMN nightshift.unit.rollout IS 'Which repetition: 0 first, n for round n of bootstrapping.';
COMMENT ON COLUMN nightshift.unit.payload IS 'What the proposer is given; only for a proposal.';
COMMENT ON COLUMN nightshift.unit.state IS 'ready to be leased, leased to a session, or delayed after a failure.';
COMMENT ON COLUMN nightshift.unit.attempt IS 'Rises with each lease; (unit, attempt, session) fences releasing and failing.';
COMMENT ON COLUMN nightshift.unit.session IS 'The session that holds it while it is leased.';
COMMENT ON COLUMN nightshift.unit.due IS 'When a lease is given up, or when a delayed unit becomes ready.';
COMMENT ON COLUMN nightshift.unit.losses_alone IS 'Losses while it was all that its worker held; at three it is set aside.';
COMMENT ON COLUMN nightshift.unit.losses IS 'How often a worker vanished while it held the unit; losses_alone counts those that held nothing else.';
COMMENT ON COLUMN nightshift.unit.failures IS 'How often a worker gave it back because it could not be run; at three it is set aside, or the study pauses.';
COMMENT ON COLUMN nightshift.unit.last_error IS 'What the last failure said.';

CREATE TABLE nightshift.result (
    study_id bigint NOT NULL,
    candidate text NOT NULL,
    split text NOT NULL CHECK (split IN ('train', 'val', 'test')),
    example int NOT NULL,
    rollout int NOT NULL DEFAULT 0,
    outcome text NOT NULL CHECK (outcome IN ('scored', 'program_error', 'metric_error', 'infrastructure_error')),
    score double precision CHECK (score > '-Infinity' AND score < 'Infinity'),
    detail json,
    usage json NOT NULL DEFAULT '{}',
    latency_ms int NOT NULL DEFAULT 0 CHECK (latency_ms >= 0),
    stage text NOT NULL,
    session uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, candidate, split, example, rollout),
    CHECK ((outcome IN ('scored', 'program_error')) = (score IS NOT NULL))
);
COMMENT ON TABLE nightshift.result IS 'The outcome of one example of one candidate. The first report stands; later ones change nothing.';
COMMENT ON COLUMN nightshift.result.study_id IS 'The study it belongs to.';
COMMENT ON COLUMN nightshift.result.candidate IS 'The candidate that was run.';
COMMENT ON COLUMN nightshift.result.split IS 'The split of the example.';
COMMENT ON COLUMN nightshift.result.example IS 'The number of the example in its split.';
COMMENT ON COLUMN nightshift.result.rollout IS 'Which repetition: 0 first, n for round n of bootstrapping.';
COMMENT ON COLUMN nightshift.result.outcome IS 'scored; program_error: the program could not answer; metric_error: the metric failed on the answer; infrastructure_error: it could not be run.';
COMMENT ON COLUMN nightshift.result.score IS 'The metric, or the study''s failure score for a program error; none for a metric or infrastructure error: they are missing data, not zeros.';
COMMENT ON COLUMN nightshift.result.detail IS 'Prediction, error, feedback and, from bootstrapping, the trace.';
COMMENT ON COLUMN nightshift.result.usage IS 'Calls and tokens by LM role: {"task": {"calls": 1, …}}.';
COMMENT ON COLUMN nightshift.result.latency_ms IS 'Wall time of the example in the worker, in milliseconds.';
COMMENT ON COLUMN nightshift.result.stage IS 'The stage of the unit that it was run for.';
COMMENT ON COLUMN nightshift.result.session IS 'The worker that reported it; none for a unit that was set aside.';
COMMENT ON COLUMN nightshift.result.at IS 'When the report arrived.';

CREATE TABLE nightshift.proposal (
    study_id bigint NOT NULL,
    key text NOT NULL,
    outputs json,
    error text,
    usage json NOT NULL DEFAULT '{}',
    latency_ms int NOT NULL DEFAULT 0 CHECK (latency_ms >= 0),
    session uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, key),
    CHECK ((outputs IS NULL) = (error IS NOT NULL))
);
COMMENT ON TABLE nightshift.proposal IS 'The answer of one call of the instruction proposer, by the unit''s key.';
COMMENT ON COLUMN nightshift.proposal.study_id IS 'The study it belongs to.';
COMMENT ON COLUMN nightshift.proposal.key IS 'The key of the unit that asked for it.';
COMMENT ON COLUMN nightshift.proposal.outputs IS 'What the proposer answered, by output field.';
COMMENT ON COLUMN nightshift.proposal.error IS 'Why there is no answer.';
COMMENT ON COLUMN nightshift.proposal.usage IS 'Calls and tokens by LM role, as in result.';
COMMENT ON COLUMN nightshift.proposal.latency_ms IS 'Wall time of the call in the worker, in milliseconds.';
COMMENT ON COLUMN nightshift.proposal.session IS 'The worker that reported it; none for a unit that was set aside.';
COMMENT ON COLUMN nightshift.proposal.at IS 'When the report arrived.';

-- Leadership and history --------------------------------------------------------------------------------------------------

CREATE TABLE nightshift.leader (
    study_id bigint PRIMARY KEY REFERENCES nightshift.study ON DELETE CASCADE,
    holder uuid NOT NULL,
    term bigint NOT NULL CHECK (term > 0),
    info json NOT NULL DEFAULT '{}',
    until timestamptz NOT NULL
) WITH (fillfactor = 20);
COMMENT ON TABLE nightshift.leader IS 'The coordinator that plans a study. Every change of holder raises the term, which fences its writes.';
COMMENT ON COLUMN nightshift.leader.study_id IS 'The study that is led.';
COMMENT ON COLUMN nightshift.leader.holder IS 'Made by the coordinator for each lead that it takes.';
COMMENT ON COLUMN nightshift.leader.term IS 'Which lead this is; part of every write of the holder.';
COMMENT ON COLUMN nightshift.leader.info IS 'Host and process of the holder.';
COMMENT ON COLUMN nightshift.leader.until IS 'When the lead is free to be taken unless it is renewed first.';

CREATE TABLE nightshift.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    study_id bigint,
    kind text NOT NULL,
    actor name NOT NULL DEFAULT session_user,
    data json
);
CREATE INDEX event_study ON nightshift.event (study_id, event_id);
COMMENT ON TABLE nightshift.event IS 'What happened and by whom: changes of state, lost units, take-overs. Never one row per lease or report.';
COMMENT ON COLUMN nightshift.event.event_id IS 'Key within the database; rises with time.';
COMMENT ON COLUMN nightshift.event.at IS 'When it happened.';
COMMENT ON COLUMN nightshift.event.study_id IS 'The study that it concerns, if any.';
COMMENT ON COLUMN nightshift.event.kind IS 'What happened, as subject.verb.';
COMMENT ON COLUMN nightshift.event.actor IS 'The login role that did it.';
COMMENT ON COLUMN nightshift.event.data IS 'What else is known of it, by kind.';
