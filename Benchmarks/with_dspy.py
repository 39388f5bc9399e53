#!/usr/bin/env python3
"""Nightshift beside DSPy: the same work, one simulated LM, one run, one machine.

  make build && scripts/install-peer
  Benchmarks/with_dspy.py [--python .build/peer-venv/bin/python] [--repeat 1]

Needs ../shared (data/banking30 and peers/dspy_compile.py) and optuna in the peer's environment. Prints JSON lines:
- compile: seconds from the first baseline call to the end of confirmation against the time of DSPy's MIPROv2.compile,
  `auto: light`, 64 calls in flight, 200 ms per call; calls by stage; scores on test.
- evaluate: calls per second at latency 0, one worker through the queue against DSPy's Evaluate.
Quote the ratios: absolute times say more about the machine.
"""
import argparse, json, os, tempfile

from banking import Simulation, add_arguments, data, ours, theirs

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
add_arguments(parser)
parser.add_argument("--repeat", type=int, default=1)
parser.add_argument("--only", choices=["compile", "evaluate"])
arguments = parser.parse_args()

with Simulation(arguments.bin) as lm, tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    for _ in range(arguments.repeat):
        lm.call("/config", {"latency_ms": 200})
        for steps in (1, 2) if arguments.only != "evaluate" else ():
            mine = ours(arguments.bin, folder, lm.url, steps=steps)
            peer = theirs(arguments.python, lm.url, "--algo", "mipro-light", *(["--two-step"] if steps == 2 else []))
            print(json.dumps({
                "bench": "compile", "steps": steps, "compile_s": round(mine["compile_s"], 2), "dspy_s": peer["wall_s"],
                "ratio": round(mine["compile_s"] / peer["wall_s"], 3), "calls_by_stage": mine["lm"]["by_stage"], "dspy_calls": peer["calls"],
                "test": [mine["baseline"]["test"], mine["best"]["test"]], "dspy_test": [peer["base"], peer["test"]]}), flush=True)
        if arguments.only == "compile":
            continue
        lm.call("/config", {"latency_ms": 0})
        many = os.path.join(folder, "many.jsonl")
        with open(f"{data}/test.jsonl") as rows, open(many, "w") as out:
            out.write((rows.read().strip() + "\n") * 20)
        lm.call("/reset", {})
        ours(arguments.bin, folder, lm.url, verb="evaluate", test=many)
        rate = lm.rate()
        theirs(arguments.python, lm.url, "--algo", "evaluate")
        peer_rate = lm.rate()
        print(json.dumps({
            "bench": "evaluate", "calls_per_s": round(rate), "dspy_calls_per_s": round(peer_rate), "ratio": round(rate / peer_rate, 1)}),
            flush=True)
