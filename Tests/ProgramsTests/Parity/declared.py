"""Builds the DSPy modules that declared programs stand for: python declared.py CASES ANSWERS.

CASES is a list of {"program": what DeclaredProgram.json gives, "state": path of a state file that Nightshift wrote for it}.
ANSWERS gets, for each, the names of the module's predictors and their states after that file was loaded.
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(os.path.dirname(sys.argv[2]), "cache"))

import dspy


class Group(dspy.Module):
    """A module with a step of each name."""

    def __init__(self, steps):
        super().__init__()
        for step in steps:
            module = module_of(step)
            if module is not None:
                setattr(self, step["name"], module)

    def forward(self, **inputs):
        raise NotImplementedError


class Comparison(dspy.Module):
    def __init__(self, signature, attempts):
        super().__init__()
        self.attempts = dspy.ChainOfThought(signature)
        self.compare = dspy.MultiChainComparison(signature, M=attempts)


def signature_of(step):
    signature = step["signature"]
    fields = {field["name"]: (str, dspy.InputField()) for field in signature["inputs"]}
    hidden = "reasoning" if step["module"] == "chain_of_thought" else None
    fields |= {field["name"]: (str, dspy.OutputField()) for field in signature["outputs"] if field["name"] != hidden}
    return dspy.Signature(fields, signature["instructions"])


def tool_of(tool):
    return dspy.Tool(lambda **arguments: "", name=tool["name"], desc=tool["description"], args={})


def reward(inputs, prediction):
    return 1.0


def module_of(step):
    kind = step["module"]
    if kind == "predict":
        return dspy.Predict(signature_of(step))
    if kind == "chain_of_thought":
        return dspy.ChainOfThought(signature_of(step))
    if kind == "react":
        return dspy.ReAct(signature_of(step), tools=[tool_of(tool) for tool in step["tools"]], max_iters=step["max_iters"])
    if kind == "program_of_thought":
        return dspy.ProgramOfThought(signature_of(step), max_iters=step["max_iters"])
    if kind == "multi_chain_comparison":
        return Comparison(signature_of(step), step["attempts"])
    if kind == "majority":
        return module_of(step["step"])
    if kind == "best_of_n":
        return dspy.BestOfN(module_of(step["step"]), N=step[kind], reward_fn=reward, threshold=step["threshold"])
    if kind == "refine":
        return dspy.Refine(module_of(step["step"]), N=step[kind], reward_fn=reward, threshold=step["threshold"])
    if kind in ("parallel", "steps"):
        return Group(step[kind])
    if kind == "repeat":
        return Group(step["steps"]) if step.get("shared") else [Group(step["steps"]) for _ in range(step[kind])]
    # No predictor in it: retrieve (which in DSPy breaks save), assert, suggest.
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    answers = []
    for case in cases:
        program = Group(case["program"]["steps"])
        program.load(case["state"])
        states = {name: predictor.dump_state() for name, predictor in program.named_predictors()}
        answers.append({"names": [name for name, _ in program.named_predictors()], "states": states})
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False)


main()
