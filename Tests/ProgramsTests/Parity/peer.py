"""Answers the parity tests with DSPy itself: python peer.py CASES FOLDER.

CASES is cases.json. FOLDER holds generated.json, more cases, and ours.json, a state file that Nightshift wrote; resaved.json
(the same, loaded and saved by DSPy), theirs.json (a state made by DSPy) and answers.json are written there.
"""
import functools
import json
import math
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(sys.argv[2], "cache"))

from typing import Literal, get_args, get_origin

import dspy
import pydantic
from dspy.adapters.chat_adapter import ChatAdapter
from dspy.adapters.json_adapter import JSONAdapter, _get_structured_outputs_response_format, _has_open_ended_mapping
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


@functools.cache
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


@functools.cache
def plain_signature(shorthand, instructions):
    return dspy.Signature(shorthand, instructions, custom_types={"object": Open, "NoneType": type(None)})


def signature_of(case):
    plain = plain_signature(case["signature"], case.get("instructions"))
    fields = {}
    for name, field in plain.fields.items():
        refinement = case.get("fields", {}).get(name, {})
        annotation = annotation_of(refinement["type"]) if "type" in refinement else field.annotation
        annotation = refine(annotation, name, refinement)
        kind = dspy.InputField if name in plain.input_fields else dspy.OutputField
        keywords = {key: refinement[key] for key in refinement if key in LIMITS + ("desc", "default")}
        fields[name] = (annotation, kind(**keywords))
    return dspy.Signature(fields, case.get("instructions") or plain.instructions)


ADAPTERS = {"chat": ChatAdapter, "json": JSONAdapter}


def response_schema(signature):
    """The schema that JSONAdapter asks a capable endpoint for; None where it asks for any JSON object."""
    if _has_open_ended_mapping(signature):
        return None
    try:
        return _get_structured_outputs_response_format(signature).model_json_schema()
    except Exception:
        return None


def training_chat(case, signature):
    """What BootstrapFinetune would train on, had the model answered as the first demo that has all outputs; None without one."""
    demos = case.get("demos", [])
    outputs = next((d for d in demos if all(d.get(name) is not None for name in signature.output_fields)), None)
    return outputs and ChatAdapter().format_finetune_data(signature, demos, dict(case["inputs"]), outputs)["messages"]


def rendered(case):
    signature = signature_of(case)
    adapters = {name: adapter().format(signature, case.get("demos", []), dict(case["inputs"])) for name, adapter in ADAPTERS.items()}
    return {
        "messages": adapters["chat"],
        "json": adapters["json"],
        "schema": response_schema(signature),
        "training": training_chat(case, signature),
        "state": signature.dump_state(),
    }


def plain(value):
    """JSON has no infinities and no lone surrogates, and Nightshift's has no integers of more than 64 bits."""
    if isinstance(value, str) and any(0xD800 <= ord(character) < 0xE000 for character in value):
        return {"surrogates": ascii(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return {"int": str(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def parsed(case):
    try:
        fields = ADAPTERS[case.get("adapter", "chat")]().parse(signature_of(case), case["text"])
        return {"fields": {name: plain(serialize_for_json(value)) for name, value in fields.items()}}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


class Banking(dspy.Module):
    def __init__(self):
        super().__init__()
        self.topic = dspy.Predict("utterance -> topic: Literal['card', 'cash']", "Name the area.")
        self.intent = dspy.ChainOfThought("utterance, topic -> intent")


def ensemble(folder):
    """What DSPy makes of an ensemble's file, and of a program with nearest demos."""
    joined = dspy.Ensemble(reduce_fn=dspy.majority).compile([Banking() for _ in range(3)])
    joined.load(os.path.join(folder, "ensemble.json"))
    joined.save(os.path.join(folder, "ensemble-resaved.json"))
    nearest = Banking()
    nearest.load(os.path.join(folder, "nearest.json"))
    bare = dspy.Predict("question -> answer")
    bare.load(os.path.join(folder, "nearest-bare.json"))
    return {
        "topics": [program.topic.signature.instructions for program in joined.programs],
        "demos": [len(program.intent.predict.demos) for program in joined.programs],
        "nearest": len(nearest.topic.demos),
        "bare": len(bare.demos),
    }


def states(folder):
    ours = Banking()
    ours.load(os.path.join(folder, "ours.json"))
    ours.save(os.path.join(folder, "resaved.json"))
    theirs = Banking()
    theirs.topic.signature = theirs.topic.signature.with_instructions("Say what it is about.\n\nOne word.")
    theirs.topic.demos = [dspy.Example(utterance="Où est ma carte ?", topic="card", augmented=True)]
    theirs.intent.set_lm(dspy.LM("openai/ft:gpt-4o-mini:theirs::2", temperature=0.5, max_tokens=300, finetuning_model="m"))
    theirs.intent.predict.demos = [{"utterance": "a", "topic": "cash", "intent": "atm", "score": 0.5, "ok": True}]
    theirs.save(os.path.join(folder, "theirs.json"))
    bare = dspy.Predict("question -> answer")
    bare.demos = [{"question": "1+1", "answer": "2"}]
    bare.save(os.path.join(folder, "bare.json"))
    lm = ours.intent.predict.lm
    return {
        "topic": ours.topic.signature.instructions,
        "demos": len(ours.intent.predict.demos),
        "models": [ours.topic.lm and ours.topic.lm.model, lm and [type(lm).__name__, lm.model, lm.kwargs.get("temperature")]],
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    with open(os.path.join(sys.argv[2], "generated.json"), encoding="utf-8") as file:
        generated = json.load(file)
    answers = {
        "generated": {
            "render": [rendered(case) for case in generated["render"]],
            "parse": [parsed(case) for case in generated["parse"]],
        },
        "render": [rendered(case) for case in cases["render"]],
        "parse": [parsed(case) for case in cases["parse"]],
        "prefixes": {name: infer_prefix(name) for name in cases["names"]},
        "state": states(sys.argv[2]),
        "ensemble": ensemble(sys.argv[2]),
    }
    with open(os.path.join(sys.argv[2], "answers.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file)  # ASCII: a lone surrogate, which Python allows, cannot be written otherwise


main()
