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
import argparse, json, os, subprocess, tempfile, urllib.request

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
shared = os.path.join(os.path.dirname(root), "shared")
data = os.path.join(shared, "data", "banking30")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bin", default=os.path.join(root, ".build", "release"))
parser.add_argument("--python", default=os.path.join(root, ".build", "peer-venv", "bin", "python"))
parser.add_argument("--repeat", type=int, default=1)
parser.add_argument("--only", choices=["compile", "evaluate"])
arguments = parser.parse_args()

TOPIC = """
    - topic:
        predict: "utterance -> topic: Literal['card', 'top_up', 'transfer', 'cash', 'exchange', 'refund', 'payment', 'account']"
        instructions: Name the product area of the customer's query."""
STUDY = """nightshift: 1
name: banking-{steps}
seed: 9
lm: {{task: {{model: openai/sim, base_url: "{url}"}}}}
program:
  steps:{topic}
    - intent:
        chain_of_thought: "utterance{second} -> intent"
        instructions: Classify the customer's query.
        fields: {{intent: {{enum: {data}/labels.json}}}}
data: {{train: {data}/train.jsonl, val: {data}/val.jsonl, test: {test}, inputs: [utterance]}}
metric: {{kind: exact_match, field: intent}}
optimizer: {{kind: mipro, auto: light}}
"""


class Simulation:
    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(arguments.bin, "simlm"), "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_):
        self.process.kill()

    def call(self, path, body=None):
        request = urllib.request.Request(self.url[: -len("/v1")] + path, data=None if body is None else json.dumps(body).encode())
        return json.load(urllib.request.urlopen(request, timeout=10))

    def rate(self):
        stats = self.call("/stats")
        return stats["calls"] / (stats["last"] - stats["first"])


def ours(verb, folder, steps, url, test, *flags):
    study = STUDY.format(
        steps=steps, url=url, topic=TOPIC if steps == 2 else "", second=", topic" if steps == 2 else "", data=data, test=test)
    path = os.path.join(folder, f"banking-{steps}.yaml")
    with open(path, "w") as file:
        file.write(study)
    command = [os.path.join(arguments.bin, "nightshift"), verb, path, "--fresh", "--json", "--quiet", "--concurrency", "64", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def theirs(url, *flags):
    command = [
        arguments.python, os.path.join(shared, "peers", "dspy_compile.py"), "--base-url", url, "--data", data, "--threads", "64", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


with Simulation() as lm, tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    for _ in range(arguments.repeat):
        lm.call("/config", {"latency_ms": 200})
        for steps in (1, 2) if arguments.only != "evaluate" else ():
            mine = ours("compile", folder, steps, lm.url, f"{data}/test.jsonl")
            peer = theirs(lm.url, "--algo", "mipro-light", *(["--two-step"] if steps == 2 else []))
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
        ours("evaluate", folder, 1, lm.url, many)
        rate = lm.rate()
        theirs(lm.url, "--algo", "evaluate")
        peer_rate = lm.rate()
        print(json.dumps({
            "bench": "evaluate", "calls_per_s": round(rate), "dspy_calls_per_s": round(peer_rate), "ratio": round(rate / peer_rate, 1)}),
            flush=True)
