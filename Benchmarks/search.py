#!/usr/bin/env python3
"""LM calls and test scores of our MIPRO and DSPy's on banking30, against one simulated LM, by seed.

  make build && scripts/install-peer
  Benchmarks/search.py [--auto medium,heavy] [--steps 1,2] [--seeds 5] [--shares 0.33,0.5,1] [--search racing]

Needs ../shared and optuna in the peer's environment. For every (auto, steps, seed) DSPy compiles once; ours compiles once per
share, its search cut so that all calls before the test (baseline, bootstrap, proposals, search, confirmation) are about that
share of DSPy's. Prints one JSON line per pair and a table of means with paired differences.
--peer FILE keeps DSPy's lines and uses those that are there already.
--against dspy takes our own run with `search: dspy`, MIPROv2's schedule, in place of DSPy's (as `dspy_calls`, `dspy_test`): on the
very same instructions and demo sets, so that pairs differ by the search alone. Needs no peer. --option is for the other side only.
"""
import argparse, json, math, os, statistics, tempfile

from banking import Simulation, add_arguments, ours, theirs

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
add_arguments(parser)
parser.add_argument("--auto", default="medium,heavy")
parser.add_argument("--steps", default="1,2")
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--first-seed", type=int, default=1)
parser.add_argument("--shares", default="0.33,0.5,1")
parser.add_argument("--search", default="racing")
parser.add_argument("--option", action="append", default=[], help="a further optimizer setting, key=value")
parser.add_argument("--peer", help="JSON lines of DSPy's runs: read and added to")
parser.add_argument("--only-peer", action="store_true")
parser.add_argument("--against", help="a search of ours in place of DSPy's run")
arguments = parser.parse_args()
if arguments.against and (arguments.peer or arguments.only_peer):
    parser.error("--against takes no run of DSPy's: leave out --peer and --only-peer")


def known_peers():
    if not arguments.peer or not os.path.exists(arguments.peer):
        return {}
    with open(arguments.peer) as lines:
        return {tuple(line["key"]): line for line in map(json.loads, lines)}


def peer(lm, folder, known, auto, steps, seed):
    key = (auto, steps, seed)
    if arguments.against:
        result = run(lm, folder, auto, steps, seed, arguments.against)
        return {"calls": before_test(result), "test": 100 * result["best"]["test"]}
    if key not in known:
        line = theirs(arguments.python, lm.url, "--algo", f"mipro-{auto}", "--seed", str(seed), *(["--two-step"] if steps == 2 else []))
        known[key] = {"key": key, **line}
        if arguments.peer:
            with open(arguments.peer, "a") as out:
                out.write(json.dumps(known[key]) + "\n")
    return known[key]


def before_test(result):
    return sum(calls for stage, calls in result["lm"]["by_stage"].items() if stage != "test")


def run(lm, folder, auto, steps, seed, search, budget=None, options=()):
    optimizer = {"kind": "mipro", "auto": auto, "search": search}
    if budget and search in ("racing", "gp"):
        optimizer["search_budget"] = budget
    for option in options:
        name, value = option.split("=", 1)
        optimizer[name] = json.loads(value)
    return ours(arguments.bin, folder, lm.url, steps=steps, seed=seed, optimizer=json.dumps(optimizer))


def mine(lm, folder, auto, steps, seed, calls):
    """Our run with about `calls` calls before the test. The first run tells what all but the search costs."""
    budget = 300
    for _ in range(3):
        result = run(lm, folder, auto, steps, seed, arguments.search, budget, arguments.option)
        off = calls - before_test(result)
        if arguments.search not in ("racing", "gp") or abs(off) <= 0.04 * calls or (budget == 60 and off < 0):
            break
        budget = max(60, budget + off // steps)
    return result


with Simulation(arguments.bin) as lm, tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    known, lines = known_peers(), []
    for auto in arguments.auto.split(","):
        for steps in map(int, arguments.steps.split(",")):
            for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
                dspy = peer(lm, folder, known, auto, steps, seed)
                if arguments.only_peer:
                    continue
                for share in map(float, arguments.shares.split(",")):
                    result = mine(lm, folder, auto, steps, seed, share * dspy["calls"])
                    lines.append({
                        "auto": auto, "steps": steps, "seed": seed, "share": share, "dspy_calls": dspy["calls"],
                        "dspy_test": dspy["test"] / 100, "calls": before_test(result), "test": result["best"]["test"],
                        "val": result["best"]["val"], "by_stage": result["lm"]["by_stage"], "trials": result["trials"],
                        "idle": result.get("slots", {}).get("idle")})
                    print(json.dumps(lines[-1]), flush=True)
    print(f"{'auto':8}{'steps':>6}{'share':>7}{'calls':>8}{'DSPy':>8}{'test':>8}{'DSPy':>8}{'difference':>12}{'± s.e.':>8}")
    for auto, steps, share in sorted({(line["auto"], line["steps"], line["share"]) for line in lines}):
        chosen = [line for line in lines if (line["auto"], line["steps"], line["share"]) == (auto, steps, share)]
        def mean(key): return statistics.mean(line[key] for line in chosen)
        gains = [100 * (line["test"] - line["dspy_test"]) for line in chosen]
        error = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.nan
        print(f"{auto:8}{steps:6}{share:7.2f}{mean('calls'):8.0f}{mean('dspy_calls'):8.0f}{100 * mean('test'):8.1f}"
              f"{100 * mean('dspy_test'):8.1f}{statistics.mean(gains):+12.2f}{error:8.2f}")
