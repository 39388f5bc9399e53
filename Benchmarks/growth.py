#!/usr/bin/env python3
"""What a large history costs: two databases on one server, one with millions of results, one with none.

Lease and report by pgbench, in turns on both; then the queries that screens need, on the large one. Needs psql and pgbench of
the server's version, a nightshift binary, and a role that may create databases:

    Benchmarks/growth.py --nightshift .build/release/nightshift --server 'postgres://postgres@/postgres?host=/run/postgresql'

With --postmaster PID (a server on this machine) the server's processor time per unit is told too: on a busy machine that is the
figure to compare.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit, urlunsplit

HOLDER = "00000000-0000-4000-8000-00000000000a"
DETAIL = json.dumps({"prediction": "x" * 282})
USAGE = json.dumps({"task": {"calls": 1, "attempts": 1, "cached": 0, "prompt_tokens": 200, "completion_tokens": 30}})
SESSION = "('00000000-0000-4000-8000-' || (100000000000 + {}))::uuid"

STUDY = f"""
SELECT nightshift.submit(substr(md5(:'name'), 1, 16), :'name', repeat('0', 64), json_build_object('name', :'name'), 1, '[]') AS study \\gset
SELECT nightshift.lead(:study, '{HOLDER}', '{{}}', 86400) AS term \\gset
SELECT nightshift.start(:study, '{HOLDER}', :term);
INSERT INTO nightshift.candidate (study_id, candidate, state)
SELECT :study, lpad(to_hex(t), 16, '0'), '{{}}' FROM generate_series(0, :trials - 1) t;
INSERT INTO nightshift.trial (study_id, number, candidate, params, provenance)
SELECT :study, t, lpad(to_hex(t), 16, '0'), '{{}}', 'racing' FROM generate_series(0, :trials - 1) t;
-- Units of five examples, twenty a decision.
INSERT INTO nightshift.decision (study_id, number, key, stage, body, units, term, finished_at)
SELECT :study, n, 'evaluate/d' || n, 'search', '{{}}', 20, :term, clock_timestamp()
  FROM generate_series(0, :trials * :examples / 100 - 1) n;
SELECT format('INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, detail, usage, latency_ms, stage)
               SELECT %s, %L, ''val'', g, ''scored'', (hashint4(g) & 1)::float8, %L, %L, 5, ''search'' FROM generate_series(0, %s) g',
              :study, lpad(to_hex(t), 16, '0'), :'detail', :'usage', :examples - 1) FROM generate_series(0, :trials - 1) t \\gexec
"""

MORE = f"""
SELECT count(nightshift.decide(s.study_id, '{HOLDER}', l.term, d.number + n, 'more' || d.number + n, 'search', '{{}}', '[]', '[]',
    (SELECT json_agg(json_build_object('key', 'm/' || n || '/' || o, 'ordinal', o, 'priority', 0, 'kind', 'evaluate',
        'candidate', '0000000000000000', 'split', 'val', 'examples', json_build_array(5000000 + (d.number + n) * 1000 + o)))
       FROM generate_series(0, 999) o)))
  FROM nightshift.study s JOIN nightshift.leader l USING (study_id)
 CROSS JOIN LATERAL (SELECT max(number) AS number FROM nightshift.decision d WHERE d.study_id = s.study_id) d
 CROSS JOIN generate_series(1, greatest(0, 10 - (SELECT count(*)::int FROM nightshift.unit) / 10000)) n;
SELECT count(nightshift.register({SESSION.format('c')}, 'growth', '{{}}', 86400)) FROM generate_series(0, 31) c;
"""

TURN = f"""SELECT coalesce(array_agg(unit_id), '{{}}')::text AS units, coalesce(array_agg(examples[1]), '{{}}')::text AS examples \
FROM nightshift.lease({SESSION.format(':client_id')}, :batch, NULL, 300) \\gset
SELECT count(*) AS reported FROM nightshift.report({SESSION.format(':client_id')}, (SELECT coalesce(json_agg(json_build_object(\
'unit', u, 'example', e, 'outcome', 'scored', 'score', 1, 'detail', (:detail::text)::json, 'usage', (:usage::text)::json, \
'latency_ms', 5)), '[]') FROM unnest((:units::text)::bigint[], (:examples::text)::int[]) AS x (u, e))) \\gset
"""

SCREENS = {
    "studies": "SELECT * FROM nightshift.study_overview ORDER BY study_id DESC",
    "status": "SELECT * FROM nightshift.study_overview WHERE study_id = 3",
    "stages": "SELECT * FROM nightshift.stage_overview WHERE study_id = 3 ORDER BY started_at",
    "trials": "SELECT * FROM nightshift.trial_overview WHERE study_id = 3 ORDER BY number",
    "usage, budget": "SELECT * FROM nightshift.usage_overview WHERE study_id = 3 ORDER BY stage, role",
    "units": "SELECT units FROM nightshift.unit_count WHERE study_id = 3",
    "workers": "SELECT * FROM nightshift.live_session",
    "events": "SELECT * FROM nightshift.my_event WHERE study_id = 3 ORDER BY event_id DESC LIMIT 50",
    "metrics": "SELECT * FROM nightshift.queue_health",
    "one trial's results": "SELECT DISTINCT ON (example) example, outcome, score, detail FROM nightshift.my_result WHERE study_id = 3 "
    "AND candidate = '0000000000000003' AND split = 'val' AND rollout IN (0, 1) ORDER BY example, score IS NULL, rollout",
}


class Database:
    def __init__(self, server, name):
        parts = urlsplit(server)
        self.name, self.url = name, urlunsplit(parts._replace(path="/" + name))

    def psql(self, text, **variables):
        command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.url]
        for key, value in variables.items():
            command += ["-v", f"{key}={value}"]
        return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout

    def count(self):
        return int(self.psql("SELECT coalesce(sum(results), 0) FROM nightshift.live_tally"))


def processor_time(postmaster):
    """Seconds of all server processes that have ended."""
    fields = open(f"/proc/{postmaster}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def turn(database, batch, clients, seconds, postmaster):
    database.psql(MORE)
    with tempfile.NamedTemporaryFile("w", suffix=".pgbench") as script:
        script.write(TURN)
        script.flush()
        before, start = database.count(), processor_time(postmaster) if postmaster else 0
        subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-j", "2", "-c", str(clients), "-T", str(seconds), "-f", script.name, "-D",
             f"batch={batch}", "-D", f"detail={DETAIL}", "-D", f"usage={USAGE}", database.url], check=True, capture_output=True)
    time.sleep(0.2)
    used, units = (processor_time(postmaster) if postmaster else 0) - start, database.count() - before
    database.psql("SELECT nightshift.fold_tallies()")
    return units / seconds, used * 1e6 / max(units, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="URL of a database of the server; growth_small and growth_large are made there")
    parser.add_argument("--nightshift", required=True, help="the binary, for db migrate")
    parser.add_argument("--studies", type=int, default=10)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--examples", type=int, default=5000, help="of each trial")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--postmaster", type=int)
    options = parser.parse_args()
    small, large = (Database(options.server, name) for name in ("growth_small", "growth_large"))
    admin = Database(options.server, urlsplit(options.server).path.lstrip("/") or "postgres")
    for database, trials, examples in ((small, 1, 100), (large, options.trials, options.examples)):
        admin.psql(f"DROP DATABASE IF EXISTS {database.name}")
        admin.psql(f"CREATE DATABASE {database.name}")
        subprocess.run([options.nightshift, "db", "migrate", "--database", database.url], check=True, capture_output=True)
        for number in range(options.studies):
            database.psql(STUDY, name=f"study{number}", trials=trials, examples=examples, detail=DETAIL, usage=USAGE)
            print(f"{database.name}: study {number + 1} of {options.studies}", file=sys.stderr)
        database.psql("SELECT nightshift.fold_tallies()")
        database.psql("VACUUM ANALYZE")
    print(f"{large.count()} results, {options.studies} open studies")
    for batch in (10, 100):
        figures = {small.name: [], large.name: []}
        for number in range(options.rounds):
            for database in (small, large) if number % 2 == 0 else (large, small):
                figures[database.name].append(turn(database, batch, 4, options.seconds, options.postmaster))
        for name, turns in figures.items():
            rate, used = (statistics.median(x[i] for x in turns) for i in (0, 1))
            cpu = f", {used:.0f} µs of the server's processors a unit" if options.postmaster else ""
            print(f"batch {batch}, 4 clients, {name}: {rate:.0f} units/s{cpu}")
    for name, query in SCREENS.items():
        plans = [json.loads(large.psql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"))[0] for _ in range(11)]
        print(f"{name}: {statistics.median(p['Planning Time'] + p['Execution Time'] for p in plans):.1f} ms")
    print("counters that differ from their rows:", large.psql("SELECT count(*) FROM nightshift.check_tally()").strip())


if __name__ == "__main__":
    main()
