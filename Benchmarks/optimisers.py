#!/usr/bin/env python3
"""Every optimiser on banking30 and on a two-hop program: gain on the test split, LM calls and seconds, with DSPy's beside ours.

  make build && scripts/install-peer
  Benchmarks/optimisers.py [--programs banking,hops] [--kinds mipro,gepa,…] [--seeds 1] [--latency-ms 20]

Both sides call one simulated LM, 64 calls at once. Needs ../shared/data/banking30, and optuna and gepa in the peer's environment.
Calls are those of the compilation: without the test split. Prints a JSON line per run, then the table as Markdown.
"""
import argparse, json, math, os, re, statistics, subprocess, sys, tempfile, time

from banking import Simulation, add_arguments, data, forget, root
from optimisers_kinds import KINDS

NO_PEER = {"bayesian_signature"}  # gone from DSPy

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
add_arguments(parser)
parser.add_argument("--programs", default="banking,hops")
parser.add_argument("--kinds", default=",".join(KINDS))
parser.add_argument("--seeds", type=int, default=1)
parser.add_argument("--latency-ms", type=int, default=20)
parser.add_argument("--only", choices=["ours", "dspy"])
parser.add_argument("--peer", help=argparse.SUPPRESS)
arguments = parser.parse_args()


# The two programs, and the data of the second

def write_hops(folder):
    """Questions whose answer is two passages away, made from the passages of Examples/world."""
    with open(os.path.join(root, "Examples", "world", "corpus.jsonl")) as lines:
        passages = [json.loads(line) for line in lines]
    birthplace, makers = {}, []
    for passage in passages:
        title, text = passage["title"], passage["text"]
        if born := re.search(r"was born (?:in \d+ )?in the town of (\w+)", text):
            birthplace[title] = born.group(1)
        for kind, pattern in (("founder", r"founded (?:in \d+ )?by (\w+ \w+)"), ("builder", r"built by (\w+ \w+)"),
                              ("author", r"author(?: is|,) (\w+ \w+)")):
            if made := re.search(pattern, text):
                makers.append((kind, title, made.group(1)))
    rows = [{"question": f"In which town was the {kind} of {title} born?", "answer": birthplace[person]}
            for kind, title, person in makers if person in birthplace]
    for split, part in (("train", rows[0::3][:40]), ("val", rows[1::3]), ("test", rows[2::3])):
        with open(os.path.join(folder, f"{split}.jsonl"), "w") as out:
            out.writelines(json.dumps(row) + "\n" for row in part)


PROGRAMS = {
    "banking": """program:
  steps:
    - intent:
        chain_of_thought: "utterance -> intent"
        instructions: Classify the customer's query.
        fields: {{intent: {{enum: {data}/labels.json}}}}
data: {{train: {data}/train.jsonl, val: {data}/val.jsonl, test: {data}/test.jsonl, inputs: [utterance]}}
metric: {{kind: exact_match, field: intent}}
""",
    "hops": """program:
  retrievers:
    world: {{kind: bm25, corpus: {root}/Examples/world/corpus.jsonl, text: text, id: id}}
  steps:
    - hops:
        repeat: 2
        collect: {{context: passages}}
        steps:
          - query: {{chain_of_thought: "context, question -> search_query"}}
          - search: {{retrieve: world, k: 3, with: {{query: search_query}}}}
    - answer: {{chain_of_thought: "context, question -> answer"}}
  outputs: [answer]
data: {{train: {folder}/train.jsonl, val: {folder}/val.jsonl, test: {folder}/test.jsonl, inputs: [question]}}
metric: {{kind: exact_match, field: answer}}
""",
}


def ours(folder, url, program, kind, seed):
    models = {"task": {"model": "openai/sim", "base_url": url}}
    if kind == "knn_few_shot":
        models["embedding"] = {"model": "openai/sim-embedding", "base_url": url}
    head = {"nightshift": 1, "name": f"{program}-{kind}".replace("_", "-"), "seed": seed, "lm": models, "optimizer": {"kind": kind, **KINDS[kind]}}
    path = os.path.join(folder, "study.yaml")
    with open(path, "w") as file:
        file.writelines(f"{key}: {json.dumps(value)}\n" for key, value in head.items())
        file.write(PROGRAMS[program].format(data=data, root=root, folder=folder))
    forget(arguments.bin, folder)
    command = [os.path.abspath(os.path.join(arguments.bin, "nightshift")), "compile", path, "--fresh", "--json", "--quiet", "--concurrency", "64"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{kind}: {done.stderr}")
    report = json.loads(done.stdout)
    calls = sum(count for stage, count in report["lm"]["by_stage"].items() if stage != "test")
    return {"base": report["baseline"]["test"], "test": report["best"]["test"], "calls": calls, "seconds": round(report["compile_s"], 1)}


# The other side, in the peer's Python

def peer(task):
    os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp()
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"
    sys.path.pop(0)  # this file's own folder: it would stand in for the package gepa
    import logging, typing, urllib.request, warnings
    warnings.filterwarnings("ignore")
    import dspy
    logging.disable(logging.WARNING)

    def rows(folder, *inputs):
        def load(split):
            with open(os.path.join(folder, f"{split}.jsonl")) as lines:
                return [dspy.Example(**json.loads(line)).with_inputs(*inputs) for line in lines]
        return load("train"), load("val"), load("test")

    if task["program"] == "banking":
        field = "intent"
        labels = typing.Literal[tuple(json.load(open(os.path.join(data, "labels.json"))))]
        signature = dspy.Signature("utterance -> intent", "Classify the customer's query.").with_updated_fields("intent", type_=labels)
        train, val, test = rows(data, "utterance")

        def make():
            return dspy.ChainOfThought(signature)
    else:
        field = "answer"
        train, val, test = rows(task["folder"], "question")
        search = bm25(os.path.join(root, "Examples", "world", "corpus.jsonl"))

        class Hops(dspy.Module):
            def __init__(self):
                super().__init__()
                self.query = [dspy.ChainOfThought("context: list[str], question -> search_query") for _ in range(2)]
                self.answer = dspy.ChainOfThought("context: list[str], question -> answer")

            def forward(self, question):
                context = []
                for query in self.query:
                    found = search(query(context=context, question=question).search_query)
                    context = context + [text for text in found if text not in context]
                return self.answer(context=context, question=question)
        make = Hops

    def right(gold, pred):
        if field == "answer":
            return dspy.evaluate.answer_exact_match(gold, pred)
        return gold.intent == pred.intent

    def metric(gold, pred, trace=None):
        return right(gold, pred)

    def feedback(gold, pred, trace=None, pred_name=None, pred_trace=None):
        ok = right(gold, pred)
        return dspy.Prediction(score=float(ok), feedback=None if ok else f"expected '{gold[field]}', got '{pred[field]}'")

    def model(**settings):
        return dspy.LM("openai/sim", api_base=task["url"], api_key="none", num_retries=8, **settings)

    def server(path):
        host = task["url"][: -len("/v1")]
        return json.load(urllib.request.urlopen(urllib.request.Request(host + path, data=b"" if path == "/reset" else None), timeout=10))

    dspy.configure(lm=model())
    dspy.settings.experimental = True
    program = make()
    evaluate = dspy.Evaluate(devset=test, metric=metric, num_threads=64)
    base = evaluate(program).score
    server("/reset")
    begin = time.time()
    threads, kind, seed = {"num_threads": 64}, task["kind"], task["seed"]

    def random_search():
        return dspy.BootstrapFewShotWithRandomSearch(metric=metric, num_candidate_programs=8, **threads)
    if kind == "labeled_few_shot":
        compiled = dspy.LabeledFewShot().compile(program, trainset=train)
    elif kind == "bootstrap_few_shot":
        compiled = dspy.BootstrapFewShot(metric=metric).compile(program, trainset=train)
    elif kind == "random_search":
        compiled = random_search().compile(program, trainset=train, valset=val)
    elif kind == "knn_few_shot":
        embedder = dspy.Embedder("openai/sim-embedding", api_base=task["url"], api_key="none")
        compiled = dspy.KNNFewShot(3, train, embedder, metric=metric).compile(program)
    elif kind == "ensemble":
        found = random_search().compile(program, trainset=train, valset=val).candidate_programs
        compiled = dspy.Ensemble(reduce_fn=dspy.majority).compile([entry["program"] for entry in found[:3]])
    elif kind == "copro":
        compiled = dspy.COPRO(metric=metric, breadth=5, depth=2).compile(
            program, trainset=val, eval_kwargs={"display_progress": False, **threads})
    elif kind == "mipro":
        compiled = dspy.MIPROv2(metric=metric, auto="light", seed=seed, **threads).compile(program, trainset=train, valset=val)
    elif kind == "gepa":
        compiled = dspy.GEPA(metric=feedback, reflection_lm=model(temperature=1.0), auto="light", seed=seed, **threads).compile(
            program, trainset=train, valset=val)
    else:
        # DSPy trains through the openai package's own client, and LiteLLM calls tuned models of known names only.
        os.environ |= {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": task["url"]}
        program.set_lm(dspy.LM("openai/gpt-4o-mini-2024-07-18", api_base=task["url"], api_key="none", num_retries=8))
        weight = dspy.BootstrapFinetune(metric=metric, **threads)
        if kind == "bootstrap_finetune":
            compiled = weight.compile(program, trainset=train)
        else:
            compiled = dspy.BetterTogether(metric=metric, p=random_search(), w=weight).compile(
                program, trainset=train, valset=val, strategy="p -> w")
    seconds, calls = time.time() - begin, server("/stats")["calls"]
    print(json.dumps({"base": base / 100, "test": evaluate(compiled).score / 100, "calls": calls, "seconds": round(seconds, 1)}))


def bm25(path, k1=1.2, b=0.75):
    """Our ranking in Python: k = 3."""
    with open(path) as lines:
        texts = [json.loads(line)["text"] for line in lines]
    words = [re.findall(r"\w+", text.lower()) for text in texts]
    average = sum(map(len, words)) / len(words)
    frequency = {}
    for passage in words:
        for word in set(passage):
            frequency[word] = frequency.get(word, 0) + 1

    def search(query):
        def score(passage):
            total = 0.0
            for word in re.findall(r"\w+", str(query).lower()):
                count = passage.count(word)
                if count:
                    idf = math.log(1 + (len(words) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                    total += idf * count * (k1 + 1) / (count + k1 * (1 - b + b * len(passage) / average))
            return total
        ranked = sorted(range(len(texts)), key=lambda number: (-score(words[number]), number))
        return [texts[number] for number in ranked[:3] if score(words[number]) > 0]
    return search


def theirs(folder, url, program, kind, seed):
    task = json.dumps({"folder": folder, "url": url, "program": program, "kind": kind, "seed": seed})
    done = subprocess.run([arguments.python, os.path.abspath(__file__), "--peer", task], capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    return json.loads(done.stdout.splitlines()[-1])


def cell(runs):
    failed = [run["failed"] for run in runs if "failed" in run]
    if failed:
        return f"fails: {failed[0]} | | "
    gain = 100 * statistics.mean(run["test"] - run["base"] for run in runs)
    test = 100 * statistics.mean(run["test"] for run in runs)
    return f"{test:.1f} % ({gain:+.1f}) | {statistics.mean(run['calls'] for run in runs):,.0f} | {statistics.median(run['seconds'] for run in runs):.1f}"


def main():
    with Simulation(arguments.bin) as lm, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        lm.call("/config", {"latency_ms": arguments.latency_ms})
        write_hops(folder)
        runs = {}
        for program in arguments.programs.split(","):
            for kind in arguments.kinds.split(","):
                for seed in range(1, arguments.seeds + 1):
                    for side, run in (("ours", ours), ("dspy", theirs)):
                        if arguments.only in (None, side) and not (side == "dspy" and kind in NO_PEER):
                            found = run(folder, lm.url, program, kind, seed)
                            runs.setdefault((program, kind), {}).setdefault(side, []).append(found)
                            print(json.dumps({"bench": "optimisers", "program": program, "kind": kind, "seed": seed, "side": side, **found}), flush=True)
        print("\n| program | optimiser | test (gain) | calls | s | DSPy's test (gain) | calls | s |\n|---|---|---|---|---|---|---|---|")
        for (program, kind), sides in runs.items():
            cells = [cell(sides[side]) if side in sides else "– | | " for side in ("ours", "dspy")]
            print(f"| {program} | `{kind}` | {cells[0]} | {cells[1]} |")


if arguments.peer:
    peer(json.loads(arguments.peer))
else:
    main()
