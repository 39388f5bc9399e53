"""What the benchmarks on banking30 share: the simulated LM, the study, one run of ours and one of DSPy's."""
import json, os, subprocess, urllib.request

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
shared = os.path.join(os.path.dirname(root), "shared")
data = os.path.join(shared, "data", "banking30")

TOPIC = """
    - topic:
        predict: "utterance -> topic: Literal['card', 'top_up', 'transfer', 'cash', 'exchange', 'refund', 'payment', 'account']"
        instructions: Name the product area of the customer's query."""
STUDY = """nightshift: 1
name: {name}
seed: {seed}
lm: {{task: {{model: openai/sim, base_url: "{url}"}}{models}}}
program:
  steps:{topic}
    - intent:
        chain_of_thought: "utterance{second} -> intent"
        instructions: Classify the customer's query.
        fields: {{intent: {{enum: {data}/labels.json}}}}
data: {{train: {data}/train.jsonl, val: {data}/val.jsonl, test: {test}, inputs: [utterance]}}
metric: {{kind: exact_match, field: intent}}
optimizer: {optimizer}
"""


def add_arguments(parser):
    parser.add_argument("--bin", default=os.path.join(root, ".build", "release"), help="folder of nightshift and simlm")
    parser.add_argument("--python", default=os.path.join(root, ".build", "peer-venv", "bin", "python"), help="Python with dspy")


class Simulation:
    def __init__(self, bin):
        self.bin = bin

    def __enter__(self):
        command = [os.path.join(self.bin, "simlm"), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
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


def forget(bin, folder):
    """A run pays for its own calls: what earlier ones were answered is removed from the cache."""
    if os.path.exists(os.path.join(folder, ".nightshift")):
        command = [os.path.join(bin, "nightshift"), "cache", "gc", "--max-size", "0", "--data-dir", os.path.join(folder, ".nightshift")]
        subprocess.run(command, check=True, capture_output=True)


def ours(bin, folder, url, *flags, verb="compile", steps=1, seed=9, test=None, optimizer="{kind: mipro, auto: light}", models="",
         forgets=True):
    """One run of nightshift: its JSON document. `test` None: the test split of banking30. `forgets`: what is in the cache is not used."""
    name = f"banking-{steps}"
    study = STUDY.format(
        name=name, seed=seed, url=url, models=models, topic=TOPIC if steps == 2 else "", second=", topic" if steps == 2 else "",
        data=data, test=test or f"{data}/test.jsonl", optimizer=optimizer)
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w") as file:
        file.write(study)
    if forgets:
        forget(bin, folder)
    command = [os.path.join(bin, "nightshift"), verb, path, "--fresh", "--json", "--quiet", "--concurrency", "64", *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{study}\n{done.stderr}")
    return json.loads(done.stdout)


def theirs(python, url, *flags):
    """One run of ../shared/peers/dspy_compile.py: its JSON line."""
    script = os.path.join(shared, "peers", "dspy_compile.py")
    command = [python, script, "--base-url", url, "--data", data, "--threads", "64", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
