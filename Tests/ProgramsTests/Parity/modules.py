"""Holds our modules against DSPy's: python modules.py FOLDER.

FOLDER holds ours.json, a state of the program below that Nightshift wrote, and votes.json, lists of answers. resaved.json (the
same, loaded and saved by DSPy), theirs.json (a state made by DSPy) and answers.json are written there.
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(sys.argv[1], "cache"))

import dspy


def search(query: str) -> str:
    return "Ada, born 1815"


class Everything(dspy.Module):
    def __init__(self):
        super().__init__()
        self.agent = dspy.ReAct("question -> answer", tools=[search])
        self.compare = dspy.MultiChainComparison("question -> answer", M=2)
        self.solve = dspy.ProgramOfThought("question -> answer")
        self.best = dspy.BestOfN(dspy.ChainOfThought("question -> answer"), N=2, reward_fn=lambda a, p: 0, threshold=1)
        self.refined = dspy.Refine(dspy.Predict("question -> answer"), N=2, reward_fn=reward, threshold=1)


def reward(inputs, prediction):
    return 0


class Scripted(dspy.LM):
    """Gives the answers in order and keeps the prompts."""

    def __init__(self, answers):
        super().__init__("openai/scripted", cache=False)
        self.answers, self.prompts = list(answers), []

    def forward(self, prompt=None, messages=None, **kwargs):
        self.prompts.append(messages)
        message = type("Message", (), {"content": self.answers.pop(0)})
        choice = type("Choice", (), {"message": message, "finish_reason": "stop"})
        return type("Response", (), {"choices": [choice], "usage": {}, "model": "scripted"})


def fields(**values):
    return "".join(f"[[ ## {name} ## ]]\n{value}\n\n" for name, value in values.items()) + "[[ ## completed ## ]]"


def trajectory():
    lm = Scripted(
        [
            fields(next_thought="look", next_tool_name="search", next_tool_args='{"query": "lovelace"}'),
            fields(next_thought="enough", next_tool_name="finish", next_tool_args="{}"),
            fields(reasoning="seen", answer="1815"),
        ]
    )
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
        prediction = dspy.ReAct("question -> answer", tools=[search])(question="Born?")
    return {"prediction": dict(prediction), "questions": [messages[-1]["content"] for messages in lm.prompts]}


def comparison():
    lm = Scripted([fields(rationale="r", answer="a")])
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
        dspy.MultiChainComparison("question -> answer", M=2)(
            question="q",
            completions=[{"reasoning": " first\nmore", "answer": "a\nb"}, {"rationale": "second", "answer": 7}],
        )
    return lm.prompts[0][-1]["content"]


def main():
    folder = sys.argv[1]
    program = Everything()
    theirs = Everything()
    theirs.compare.predict.demos = [{"question": "q", "rationale": "r", "answer": "a"}]
    theirs.best.module.predict.signature = theirs.best.module.predict.signature.with_instructions("Their words.")
    theirs.save(os.path.join(folder, "theirs.json"))
    program.load(os.path.join(folder, "ours.json"))
    program.save(os.path.join(folder, "resaved.json"))
    with open(os.path.join(folder, "votes.json"), encoding="utf-8") as file:
        votes = json.load(file)
    answers = {
        "predictors": {name: list(p.signature.fields) for name, p in program.named_predictors()},
        "instructions": {name: p.signature.instructions for name, p in program.named_predictors()},
        "trajectory": trajectory(),
        "comparison": comparison(),
        "majorities": [
            dspy.majority([{"n": n, "answer": answer} for n, answer in enumerate(vote)])["n"] for vote in votes
        ],
    }
    with open(os.path.join(folder, "answers.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False)


main()
