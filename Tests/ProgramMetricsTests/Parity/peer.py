"""Scores generated cases with DSPy's metrics: python peer.py ANSWERS.

ANSWERS is a JSON file that is written: the cases, each with what DSPy makes of it, and the prompts of DSPy's judges.
NIGHTSHIFT_PARITY_SEED draws other cases.
"""
import contextlib
import io
import json
import os
import random
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(os.path.dirname(sys.argv[1]), "cache"))

import dspy
from dspy.adapters.chat_adapter import ChatAdapter
from dspy.dsp.utils.dpr import DPR_normalize
from dspy.evaluate.auto_evaluation import CompleteAndGrounded, SemanticF1
from dspy.evaluate.metrics import EM, F1, HotPotF1, answer_exact_match, answer_passage_match, normalize_text

WORDS = (
    "the The THE a A an An Eiffel Tower tower. Paris, paris France is in of U.S.A. A-team the_end it's l'an yes no noanswer "
    "Yes. NO! no-answer Café Cafe\u0301 naïve Straße STRASSE ΟΔΟΣ οδος Σ ΣΑΣ. ΑΣ-Β İstanbul ISTANBUL ıI Ångström \u212bngström "
    "ﬁne 日本 東京タワー 가나 \u1112\u1161\u11ab हिन्दी кофе Й 1,234 1234 3.14 x² ½ Ⅳ ⅳ ٣ \u201cquoted\u201d – — … € $5 50% "
    "foo foot\u00adball re\u200bzero \U0001f600 👩\u200d👩\u200d👧 e\u0301\u0323 \u0301 a\u0301 _ __ - ( ) [a] {an} ß ẞ ǅ ϑ Θ"
).split(" ")
SPACES = [" ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u2003", "\x1c", "\x85", "\u3000", "\r\n", " \u0301"]


def sentence(generator, most):
    count = generator.randint(0, most)
    return "".join(generator.choice(WORDS) + generator.choice(SPACES) for _ in range(count)).strip(" ")


def variation(generator, text):
    """A text that shares words with another one."""
    words = text.split()
    generator.shuffle(words)
    kept = words[: generator.randint(0, len(words))]
    return " ".join(kept + sentence(generator, 2).split())


def cases():
    generator = random.Random(int(os.environ.get("NIGHTSHIFT_PARITY_SEED", "3")))
    for number in range(400):
        verdicts = ["yes", "No.", "no answer", "noanswer", "yes no"]
        answer = generator.choice(verdicts) if number % 8 == 0 else sentence(generator, 6)
        references = [
            generator.choice([answer, answer.upper(), variation(generator, answer), sentence(generator, 4)])
            for _ in range(generator.randint(1, 3))
        ]
        passages = [sentence(generator, 12) for _ in range(generator.randint(0, 3))]
        if passages and number % 2:
            place = generator.randrange(len(passages))
            passages[place] += " " + generator.choice(references) + " " + sentence(generator, 3)
        yield {"answer": answer, "references": references, "passages": passages}


def scored(case):
    answer, references = case["answer"], case["references"]
    example = dspy.Example(answer=references)
    return case | {
        "normalized": normalize_text(answer),
        "tokens": DPR_normalize(normalize_text(answer)),
        "exact_match": float(EM(answer, references)),
        "f1": float(F1(answer, references)),
        "hotpot_f1": float(HotPotF1(answer, references)),
        "at_least_half": float(answer_exact_match(example, dspy.Prediction(answer=answer), frac=0.5)),
        "passage_match": float(answer_passage_match(example, dspy.Prediction(context=case["passages"]))),
    }


def prompts():
    values = {
        "question": "Why?",
        "ground_truth": "Because\nof it.",
        "system_response": "So it is.",
        "retrieved_context": ["One.", "Two."],
    }
    both = CompleteAndGrounded()
    judges = {
        "semantic_f1": [SemanticF1().module],
        "decompositional": [SemanticF1(decompositional=True).module],
        "complete_and_grounded": [both.completeness_module, both.groundedness_module],
    }
    return {
        name: [
            ChatAdapter().format(module.predict.signature, [], {k: values[k] for k in module.predict.signature.input_fields})
            for module in modules
        ]
        for name, modules in judges.items()
    }


with contextlib.redirect_stdout(io.StringIO()):
    result = {"cases": [scored(case) for case in cases()], "prompts": prompts()}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(result, file, ensure_ascii=False)
