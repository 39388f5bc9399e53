#!/usr/bin/env python3
"""Whether every optimiser comes to the same trials with 1, 4 and 16 worker processes.

  make build
  Benchmarks/same_trials.py [--kinds mipro,gepa,…] [--workers 1,4,16] [--latency-ms 5]

Compiles Examples/demo anew for each number of workers and compares the tables of trials (candidates, parameters, provenance, scores,
examples, posteriors) and the winner. Prints a JSON line per optimiser; exits with 1 if any table differs.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile

from banking import Simulation, root
from optimisers_kinds import KINDS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bin", default=os.path.join(root, ".build", "release"), help="folder of nightshift and simlm")
parser.add_argument("--kinds", default=",".join(KINDS))
parser.add_argument("--workers", default="1,4,16")
parser.add_argument("--latency-ms", type=int, default=5)
arguments = parser.parse_args()
COMPARED = ["number", "candidate", "params", "provenance", "state", "score", "examples", "posterior", "interval"]


def run(folder, environment, *words):
    command = [os.path.abspath(os.path.join(arguments.bin, "nightshift")), *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


same = True
with tempfile.TemporaryDirectory() as parent:
    os.chmod(parent, 0o755)
    folder = os.path.join(parent, "demo")
    shutil.copytree(os.path.join(root, "Examples", "demo"), folder, ignore=shutil.ignore_patterns(".nightshift"))
    for kind in arguments.kinds.split(","):
        tables = []
        for workers in arguments.workers.split(","):
            with Simulation(arguments.bin) as lm:
                lm.call("/config", {"latency_ms": arguments.latency_ms})
                environment = os.environ | {"OPENAI_BASE_URL": lm.url, "OPENAI_API_KEY": ""}
                settings = ["--set", "optimizer=" + json.dumps({"kind": kind, **KINDS[kind]})]
                if kind == "knn_few_shot":
                    settings += ["--set", "lm.embedding=" + json.dumps({"model": "openai/sim-embedding", "base_url": lm.url})]
                words = ["study.yaml", "--json", "--quiet", "--fresh", "--workers", workers, "--concurrency", "4", *settings]
                report = run(folder, environment, "compile", *words)
                trials = run(folder, environment, "trials", report["study"]["id"], "--json")
            # What a tuned model is called, and so the candidate that names it, is the provider's to say.
            keys = [key for key in COMPARED if key != "candidate" or kind not in ("bootstrap_finetune", "better_together")]
            tables.append([{key: trial.get(key) for key in keys} for trial in trials] + [report["best"]])
        equal = all(table == tables[0] for table in tables)
        same = same and equal
        print(json.dumps({"kind": kind, "workers": arguments.workers, "trials": len(tables[0]) - 1, "same": equal}), flush=True)
sys.exit(0 if same else 1)
