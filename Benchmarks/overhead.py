#!/usr/bin/env python3
"""What running a program costs beside its LM calls: ours against DSPy's, the same two steps over a model that answers at once.

Runs both in turn, several times, and prints the medians and their ratio. Needs a release build of nightshift and a Python that
has DSPy (scripts/install-peer makes one).
"""
import argparse, json, statistics, subprocess, sys

PEER = r"""
import json, sys, time
import dspy

class Stub(dspy.BaseLM):
    def __init__(self):
        super().__init__(model="stub")
    def __call__(self, prompt=None, messages=None, **kwargs):
        if "`[[ ## topic ## ]]`" in messages[-1]["content"].split("Respond with")[-1]:
            return ["[[ ## topic ## ]]\ncard\n\n[[ ## completed ## ]]\n"]
        return ["[[ ## reasoning ## ]]\nThe card was mentioned, so it is about a lost card.\n\n"
                "[[ ## intent ## ]]\nlost_card\n\n[[ ## completed ## ]]\n"]

class Two(dspy.Module):
    def __init__(self):
        self.topic = dspy.Predict("utterance -> topic: Literal['card', 'transfer', 'cash']")
        self.intent = dspy.ChainOfThought("utterance, topic -> intent")
    def forward(self, utterance):
        topic = self.topic(utterance=utterance).topic
        return self.intent(utterance=utterance, topic=topic)

examples, demos = int(sys.argv[1]), int(sys.argv[2])
dspy.configure(lm=Stub())
program = Two()
for predictor in program.predictors():
    predictor.demos = [dict(utterance="Where is the card that you sent me?", topic="card",
                            reasoning="The customer waits for a card.", intent="card_arrival")] * demos
for number in range(50):
    program(utterance=f"warm {number}")
start = time.perf_counter()
for number in range(examples):
    program(utterance=f"I lost my card {number}")
print(json.dumps({"us_per_example": (time.perf_counter() - start) / examples * 1e6}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nightshift", default=".build/release/nightshift")
    parser.add_argument("--python", default=".build/peer-venv/bin/python")
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--demos", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    def run(command):
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode != 0:
            sys.exit(answer.stderr)
        return json.loads(answer.stdout.strip().splitlines()[-1])["us_per_example"]

    counts = [str(options.examples), str(options.demos)]
    ours, peer = [], []
    for _ in range(options.rounds):
        ours.append(run([options.nightshift, "bench", "program", "--json", "--examples", counts[0], "--demos", counts[1]]))
        peer.append(run([options.python, "-c", PEER, *counts]))
    ratios = [theirs / own for own, theirs in zip(ours, peer)]
    print(json.dumps({
        "us_per_example": statistics.median(ours), "dspy_us_per_example": statistics.median(peer),
        "ratio": statistics.median(ratios), "ratios": [round(ratio, 1) for ratio in ratios]}))


if __name__ == "__main__":
    main()
