"""Loads a compiled program into DSPy and scores it, example by example.

usage: evaluate.py STATE.json TEST.jsonl LABELS.json BASE_URL THREADS
Prints {"score": mean, "scores": [per example]}.
"""
import json, logging, os, sys, tempfile, typing

os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp()
import dspy

logging.disable(logging.WARNING)
state, test, labels, base_url, threads = sys.argv[1:6]
labels = json.load(open(labels))


class Area(dspy.Signature):
    """Name the area of the customer's message."""

    message: str = dspy.InputField()
    area: typing.Literal["parcel", "money", "product", "account"] = dspy.OutputField()


class Route(dspy.Signature):
    """Route the customer's message."""

    message: str = dspy.InputField()
    area: str = dspy.InputField()
    queue: typing.Literal[tuple(labels)] = dspy.OutputField(desc="the queue that answers the message")


class TwoStep(dspy.Module):
    def __init__(self):
        super().__init__()
        self.area = dspy.Predict(Area)
        self.route = dspy.ChainOfThought(Route)

    def forward(self, message):
        return self.route(message=message, area=self.area(message=message).area)


dspy.configure(lm=dspy.LM("openai/sim", api_base=base_url, api_key="none", temperature=0, cache=False))
program = TwoStep()
program.load(state)
rows = [dspy.Example(**json.loads(line)).with_inputs("message") for line in open(test)]
metric = lambda example, prediction, trace=None: example.queue == prediction.queue
result = dspy.Evaluate(devset=rows, metric=metric, num_threads=int(threads), display_progress=False)(program)
print(json.dumps({"score": result.score, "scores": [float(row[2]) for row in result.results]}))
