#!/usr/bin/env python3
"""Nightshift's GEPA beside DSPy's: the same simulated LM, the same metric with the same feedback, the same number of metric calls.

  make build && scripts/install-peer
  Benchmarks/gepa.py [--seeds 5] [--steps 1 2] [--metric-calls 1580] [--latency-ms 20] [--python .build/peer-venv/bin/python]

Needs ../shared/data/banking30. Without --metric-calls both spend what `auto: light` comes to. Prints a JSON line per run (scores are
shares of the test split; `metric_calls` is what each counts itself), then one with the means and the paired difference, then a table.
"""
import argparse, json, math, os, statistics, subprocess, sys, tempfile, time, urllib.request

from banking import forget

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOPICS = ["card", "top_up", "transfer", "cash", "exchange", "refund", "payment", "account"]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bin", default=os.path.join(root, ".build", "release"))
parser.add_argument("--python", default=os.path.join(root, ".build", "peer-venv", "bin", "python"))
parser.add_argument("--data", default=os.path.join(os.path.dirname(root), "shared", "data", "banking30"))
parser.add_argument("--steps", type=int, nargs="+", default=[1, 2], choices=[1, 2])
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--metric-calls", type=int)
parser.add_argument("--latency-ms", type=int, default=20)
parser.add_argument("--width", type=int, nargs="*", default=[], help="also with these widths of the study")
parser.add_argument("--peer", help=argparse.SUPPRESS)
parser.add_argument("--only", choices=["ours", "dspy"])
arguments = parser.parse_args()

STUDY = """nightshift: 1
name: gepa-{steps}
seed: {seed}
lm: {{task: {{model: openai/sim, base_url: "{url}"}}}}
program:
  steps:{topic}
    - intent:
        chain_of_thought: "utterance{second} -> intent"
        instructions: Classify the customer's query.
        fields: {{intent: {{enum: {data}/labels.json}}}}
data: {{train: {data}/train.jsonl, val: {data}/val.jsonl, test: {data}/test.jsonl, inputs: [utterance]}}
metric: {{kind: exact_match, field: intent}}
optimizer: {{kind: gepa, {budget}{width}}}
"""
TOPIC = """
    - topic:
        predict: "utterance -> topic: Literal[{topics}]"
        instructions: Name the product area of the customer's query."""


def peer(task):
    """Runs in the peer's Python: DSPy's GEPA; prints one JSON line."""
    sys.path.pop(0)  # this file's own folder: it would stand in for the package gepa
    os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp()
    import logging, typing, warnings
    warnings.filterwarnings("ignore")
    import dspy
    logging.disable(logging.INFO)

    def load(split):
        with open(os.path.join(arguments.data, split + ".jsonl")) as rows:
            return [dspy.Example(**json.loads(row)).with_inputs("utterance") for row in rows]

    labels = typing.Literal[tuple(json.load(open(os.path.join(arguments.data, "labels.json"))))]
    topic = dspy.Signature("utterance -> topic", "Name the product area of the customer's query.")
    topic = topic.with_updated_fields("topic", type_=typing.Literal[tuple(TOPICS)])
    second = ", topic" if task["steps"] == 2 else ""
    intent = dspy.Signature(f"utterance{second} -> intent", "Classify the customer's query.").with_updated_fields("intent", type_=labels)

    class TwoStep(dspy.Module):
        def __init__(self):
            super().__init__()
            self.topic, self.intent = dspy.Predict(topic), dspy.ChainOfThought(intent)

        def forward(self, utterance):
            return self.intent(utterance=utterance, topic=self.topic(utterance=utterance).topic)

    def metric(gold, pred, trace=None, pred_name=None, pred_trace=None):
        right = gold.intent == pred.intent
        return dspy.Prediction(score=float(right), feedback=None if right else f"expected '{gold.intent}', got '{pred.intent}'")

    def model(**settings):
        return dspy.LM("openai/sim", api_base=task["url"], api_key="none", num_retries=8, **settings)

    dspy.configure(lm=model())
    program = TwoStep() if task["steps"] == 2 else dspy.ChainOfThought(intent)
    evaluate = dspy.Evaluate(devset=load("test"), metric=lambda e, p, trace=None: e.intent == p.intent, num_threads=64)
    base = evaluate(program).score
    budget = {"max_metric_calls": task["metric_calls"]} if task["metric_calls"] else {"auto": "light"}
    gepa = dspy.GEPA(
        metric=metric, reflection_lm=model(temperature=1.0), num_threads=64, seed=task["seed"], track_stats=True, **budget)
    begin = time.time()
    compiled = gepa.compile(program, trainset=load("train"), valset=load("val"))
    seconds = time.time() - begin
    found = compiled.detailed_results
    print(json.dumps({
        "seconds": round(seconds, 2), "metric_calls": found.total_metric_calls, "candidates": len(found.candidates),
        "val": max(found.val_aggregate_scores), "base": base / 100, "test": evaluate(compiled).score / 100}))


class Simulation:
    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(arguments.bin, "simlm"), "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        body = json.dumps({"latency_ms": arguments.latency_ms}).encode()
        urllib.request.urlopen(urllib.request.Request(self.url[: -len("/v1")] + "/config", data=body), timeout=10).read()
        return self

    def __exit__(self, *_):
        self.process.kill()


def theirs(url, steps, seed):
    task = {"url": url, "steps": steps, "seed": seed, "metric_calls": arguments.metric_calls}
    command = [arguments.python, os.path.abspath(__file__), "--data", arguments.data, "--peer", json.dumps(task)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def nightshift(folder, *words):
    command = [os.path.abspath(os.path.join(arguments.bin, "nightshift")), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def ours(folder, url, steps, seed, width=None):
    budget = f"max_metric_calls: {arguments.metric_calls}" if arguments.metric_calls else "auto: light"
    text = STUDY.format(
        steps=steps, seed=seed, url=url, data=arguments.data, second=", topic" if steps == 2 else "", budget=budget,
        topic=TOPIC.format(topics=", ".join(f"'{topic}'" for topic in TOPICS)) if steps == 2 else "",
        width=f", width: {width}" if width else "")
    path = os.path.join(folder, f"gepa-{steps}.yaml")
    with open(path, "w") as file:
        file.write(text)
    forget(arguments.bin, folder)
    report = nightshift(folder, "compile", path, "--fresh", "--json", "--quiet", "--concurrency", "64")
    trials = nightshift(folder, "trials", path, "--json")
    calls = report["lm"]["by_stage"]
    return {
        "seconds": round(report["compile_s"], 2), "metric_calls": (calls["baseline"] + calls["search"]) // steps,
        "candidates": len(trials), "val": report["best"]["val"],
        "base": report["baseline"]["test"], "test": report["best"]["test"]}


def summary(runs):
    """Means by side, and the mean paired difference ours - DSPy's with its interval at 95 % (Student's t)."""
    sides = {}
    for run in runs:
        sides.setdefault(run["side"], []).append(run)
    rows = {
        side: {key: round(statistics.mean(run[key] for run in side_runs), 4) for key in ("test", "val", "base", "metric_calls", "candidates", "seconds")}
        for side, side_runs in sides.items()}
    peer_tests = {run["seed"]: run["test"] for run in sides.get("dspy", [])}
    for side, side_runs in sides.items():
        gains = [run["test"] - peer_tests[run["seed"]] for run in side_runs if run["seed"] in peer_tests]
        if side != "dspy" and len(gains) > 1:
            t = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}.get(len(gains), 2.1)
            half = t * statistics.stdev(gains) / math.sqrt(len(gains))
            rows[side]["test_gain"] = [round(statistics.mean(gains), 4), round(statistics.mean(gains) - half, 4), round(statistics.mean(gains) + half, 4)]
    return rows


def main():
    with Simulation() as lm, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for steps in arguments.steps:
            runs = []
            for seed in range(1, arguments.seeds + 1):
                sides = [] if arguments.only == "dspy" else [("ours", lambda: ours(folder, lm.url, steps, seed))]
                if arguments.only != "dspy":
                    sides += [(f"ours, width {width}", lambda width=width: ours(folder, lm.url, steps, seed, width)) for width in arguments.width]
                if arguments.only != "ours":
                    sides.append(("dspy", lambda: theirs(lm.url, steps, seed)))
                for side, run in sides:
                    runs.append({"bench": "gepa", "steps": steps, "seed": seed, "side": side, **run()})
                    print(json.dumps(runs[-1]), flush=True)
            rows = summary(runs)
            print(json.dumps({"bench": "gepa", "steps": steps, "seeds": arguments.seeds, "means": rows}), flush=True)
            print(f"\n{'steps ' + str(steps):<18} {'test':>7} {'val':>7} {'before':>7} {'calls':>7} {'kept':>6} {'s':>7}")
            for side, row in rows.items():
                print(f"{side:<18} {row['test']:>7.3f} {row['val']:>7.3f} {row['base']:>7.3f} {row['metric_calls']:>7.0f} {row['candidates']:>6.1f} {row['seconds']:>7.1f}")
            print(flush=True)


if arguments.peer:
    peer(json.loads(arguments.peer))
else:
    main()
