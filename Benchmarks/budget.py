#!/usr/bin/env python3
"""What a study was said to take against what it took, and whether a cap holds.

  Benchmarks/budget.py [--kinds mipro,random_search,…] [--cap 1.0] [--workers 8] [--concurrency 64] [--latency-ms 300]

Needs ../shared/data/banking30. Every kind's `compile --dry-run` is held against the provider's own count of calls and tokens for
the run that follows (simlm's /stats). With --cap: one study of MIPRO (auto: medium) whose bill would be larger, run by that many
worker processes with so many examples in flight each; its bill must not pass the cap. Prints a JSON line per run.
"""
import argparse, json, os, subprocess, tempfile
from banking import STUDY, Simulation, add_arguments, data
from optimisers_kinds import KINDS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
add_arguments(parser)
parser.add_argument("--kinds", default="mipro,random_search")
parser.add_argument("--auto", default="medium", help="of mipro")
parser.add_argument("--cap", type=float, help="US dollars")
parser.add_argument("--workers", type=int, default=8)
parser.add_argument("--concurrency", type=int, default=64)
parser.add_argument("--latency-ms", type=int, default=300)
parser.add_argument("--max-tokens", type=int, default=500)
parser.add_argument("--price", type=float, nargs=2, default=[0.15, 0.6], help="of a million tokens: prompt, completion")
arguments = parser.parse_args()


def nightshift(folder, kind, *flags):
    path = os.path.join(folder, "study.yaml")
    settings = dict(KINDS[kind], **({"auto": arguments.auto} if kind == "mipro" else {}))
    models = ', embedding: {model: openai/sim-embedding, base_url: "%s"}' % lm.url if kind == "knn_few_shot" else ""
    with open(path, "w") as file:
        file.write(
            STUDY.format(
                name=kind.replace("_", "-"), seed=9, url=lm.url, models=models, topic="", second="", data=data,
                test=f"{data}/test.jsonl", optimizer=json.dumps({"kind": kind, **settings})))
    command = [os.path.join(os.path.abspath(arguments.bin), "nightshift"), "compile", path, "--json"]
    command += ["--quiet", "--set", f"lm.task.max_tokens={arguments.max_tokens}", *flags]
    prices = os.path.join(folder, "prices.json")
    with open(prices, "w") as file:
        price = dict(zip(["prompt", "completion"], arguments.price))
        json.dump({"openai/sim": price, "openai/sim-embedding": {"prompt": 0.02}}, file)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "NIGHTSHIFT_PRICES": prices})
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout), done.returncode


def bill():
    stats = lm.call("/stats")
    dollars = (stats["prompt_tokens"] * arguments.price[0] + stats["completion_tokens"] * arguments.price[1]) / 1e6
    return {"calls": stats["calls"], "tokens": stats["prompt_tokens"] + stats["completion_tokens"], "usd": round(dollars, 6)}


with Simulation(arguments.bin) as lm:
    lm.call("/config", {"latency_ms": arguments.latency_ms})
    for kind in [] if arguments.cap else arguments.kinds.split(","):
        with tempfile.TemporaryDirectory() as folder:
            lm.call("/reset", {})
            told = nightshift(folder, kind, "--dry-run")[0]["estimate"]
            assert bill()["calls"] == 0
            nightshift(folder, kind, "--concurrency", str(arguments.concurrency))
            took = bill()
            error = {key: round(told["likely"][key] / took[key] - 1, 3) for key in took if told["likely"][key] is not None and took[key]}
            print(json.dumps({"kind": kind, "told": told, "took": took, "error": error}), flush=True)
    if arguments.cap:
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--workers", str(arguments.workers), "--concurrency", str(arguments.concurrency), "--set", f"budget.usd={arguments.cap}"]
            document, status = nightshift(folder, "mipro", *flags)
            took = bill()
            line = {"cap": arguments.cap, "bill": took, "ledger": document["ledger"], "reason": document["study"]["finish_reason"]}
            print(json.dumps({**line, "exit": status, "wall_s": document["wall_s"], "kept": took["usd"] <= arguments.cap}), flush=True)
