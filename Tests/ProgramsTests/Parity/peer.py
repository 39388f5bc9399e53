"""Answers the parity tests with DSPy itself: python peer.py CASES FOLDER.

CASES is cases.json. FOLDER holds ours.json, a state file that Nightshift wrote; resaved.json (the same, loaded and saved
by DSPy), theirs.json (a state made by DSPy) and answers.json are written there.
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(sys.argv[2], "cache"))

from typing import Literal, get_args, get_origin

import dspy
import pydantic
from dspy.adapters.chat_adapter import ChatAdapter
from dspy.adapters.utils import serialize_for_json
from dspy.signatures.signature import infer_prefix

LIMITS = ("gt", "ge", "lt", "le", "min_length", "max_length", "multiple_of")


class Open(pydantic.BaseModel):
    """What the shorthand calls `object`."""


def substitute(annotation, old, new):
    if annotation is old:
        return new
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None or origin is Literal or not arguments:
        return annotation
    arguments = tuple(substitute(a, old, new) for a in arguments)
    return annotation.copy_with(arguments) if hasattr(annotation, "copy_with") else origin[arguments]


def annotation_of(text):
    return dspy.Signature(f"x -> y: {text}", custom_types={"object": Open}).output_fields["y"].annotation


def model(name, properties):
    fields = {}
    for key, value in properties.items():
        value = {"type": value} if isinstance(value, str) else value
        annotation = refine(annotation_of(value.get("type", "str")), key, value)
        extra = {"description": value["desc"]} if "desc" in value else {}
        fields[key] = (annotation, pydantic.Field(value["default"] if "default" in value else ..., **extra))
    return pydantic.create_model(name, **fields)


def refine(annotation, name, refinement):
    if "enum" in refinement:
        return substitute(annotation, str, Literal[tuple(refinement["enum"])])
    if "properties" in refinement:
        title = refinement.get("name") or "".join(word[:1].upper() + word[1:] for word in name.split("_"))
        return substitute(annotation, Open, model(title, refinement["properties"]))
    return annotation


def signature_of(case):
    plain = dspy.Signature(case["signature"], case.get("instructions"), custom_types={"object": Open, "NoneType": type(None)})
    fields = {}
    for name, field in plain.fields.items():
        refinement = case.get("fields", {}).get(name, {})
        annotation = annotation_of(refinement["type"]) if "type" in refinement else field.annotation
        annotation = refine(annotation, name, refinement)
        kind = dspy.InputField if name in plain.input_fields else dspy.OutputField
        keywords = {key: refinement[key] for key in refinement if key in LIMITS + ("desc", "default")}
        fields[name] = (annotation, kind(**keywords))
    return dspy.Signature(fields, case.get("instructions") or plain.instructions)


def rendered(case):
    signature = signature_of(case)
    return {
        "messages": ChatAdapter().format(signature, case.get("demos", []), case["inputs"]),
        "state": signature.dump_state(),
    }


def parsed(case):
    try:
        fields = ChatAdapter().parse(signature_of(case), case["text"])
        return {"fields": {name: serialize_for_json(value) for name, value in fields.items()}}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


class Banking(dspy.Module):
    def __init__(self):
        super().__init__()
        self.topic = dspy.Predict("utterance -> topic: Literal['card', 'cash']", "Name the area.")
        self.intent = dspy.ChainOfThought("utterance, topic -> intent")


def states(folder):
    ours = Banking()
    ours.load(os.path.join(folder, "ours.json"))
    ours.save(os.path.join(folder, "resaved.json"))
    theirs = Banking()
    theirs.topic.signature = theirs.topic.signature.with_instructions("Say what it is about.\n\nOne word.")
    theirs.topic.demos = [dspy.Example(utterance="Où est ma carte ?", topic="card", augmented=True)]
    theirs.intent.predict.demos = [{"utterance": "a", "topic": "cash", "intent": "atm", "score": 0.5, "ok": True}]
    theirs.save(os.path.join(folder, "theirs.json"))
    bare = dspy.Predict("question -> answer")
    bare.demos = [{"question": "1+1", "answer": "2"}]
    bare.save(os.path.join(folder, "bare.json"))
    return {"topic": ours.topic.signature.instructions, "demos": len(ours.intent.predict.demos)}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    answers = {
        "render": [rendered(case) for case in cases["render"]],
        "parse": [parsed(case) for case in cases["parse"]],
        "prefixes": {name: infer_prefix(name) for name in cases["names"]},
        "state": states(sys.argv[2]),
    }
    with open(os.path.join(sys.argv[2], "answers.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False)


main()
