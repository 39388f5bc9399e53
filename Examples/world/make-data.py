#!/usr/bin/env python3
"""Writes the data of the examples: an invented country, so that nothing in it is anybody's.

    python3 Examples/world/make-data.py

Always writes the same bytes. Needs nothing but Python's standard library.
"""
import json
import random
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent
draw = random.Random(20)


def names(count, *parts):
    """`count` different names, one piece of each part."""
    found = []
    while len(found) < count:
        name = "".join(draw.choice(part) for part in parts)
        if name not in found:
            found.append(name)
    return found


def write(path, rows):
    path = EXAMPLES / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def split(folder, rows, train, val, test):
    rows = draw.sample(rows, train + val + test)
    write(f"{folder}/train.jsonl", rows[:train])
    write(f"{folder}/val.jsonl", rows[train : train + val])
    write(f"{folder}/test.jsonl", rows[train + val :])


# The world.
STARTS = ["Tarn", "Hol", "Bram", "Wex", "Dun", "Orr", "Pell", "Skel", "Grim", "Fen", "Ald", "Carn", "Mor", "Yar", "Lin", "Thorn"]
rivers = names(24, ["Ou", "Le", "Sa", "Tre", "Vi", "Ar", "No", "Ime"], ["vel", "rin", "dra", "mes", "lo", "tha", "sk", "wen"])
towns = names(48, STARTS, ["wick", "by", "ford", "ham", "stead", "mouth", "ley", "combe", "thorpe"])
surnames = names(70, ["Van", "Pem", "Dar", "Hollo", "Ker", "Ash", "Lod", "Mer", "Quil", "Sto"], ["ce", "brook", "den", "way", "rick", "ton", "lam", "ster"])
first = ["Ordelia", "Jonas", "Mirel", "Tobin", "Sefa", "Aldous", "Petra", "Ruan", "Isolde", "Bastian", "Corin", "Wilma", "Edda", "Lucan", "Nerys", "Osric"]
people = names(130, first, [" "], surnames)
firms = names(80, ["Brass", "Copper", "North", "Silver", "Green", "Stone", "Amber", "Falcon", "Harbour", "Winter"],
              ["fell", "gate", "line", "mark", "field", "crest"], [" Optics", " Looms", " Motors", " Foods", " Paper", " Tools", " Glass"])
novels = names(50, ["Winter", "Salt", "Paper", "Crooked", "Distant", "Seventh", "Hollow", "Burning"], [" "],
               ["Lantern", "Orchard", "Ferry", "Mirror", "Stair", "Harvest", "Compass", "Sparrow"])
bridges = names(40, ["Harrow", "Miller", "King", "Swan", "Iron", "Market", "Abbey", "Raven", "Orchard", "Ferry", "Castle"],
                [" ", "gate ", "side ", "ton "], ["Bridge"])

town = {t: {"river": draw.choice(rivers), "year": draw.randint(1102, 1688), "mayor": people[80 + i],
            "craft": draw.choice(["lace", "bells", "cider", "saddles", "clocks", "pottery"])} for i, t in enumerate(towns)}
person = {p: {"town": draw.choice(towns), "year": draw.randint(1820, 1968), "later": draw.choice(towns),
              "work": draw.choice(["engineer", "writer", "chemist", "merchant", "painter", "surveyor"])} for p in people}
firm = {f: {"founder": draw.choice(people[:80]), "year": draw.randint(1860, 1995), "seat": draw.choice(towns),
            "rival": draw.choice(firms)} for f in firms}
novel = {n: {"author": draw.choice(people[:80]), "year": draw.randint(1870, 1999), "about": draw.choice(towns)} for n in novels}
bridge = {b: {"builder": draw.choice(people[:80]), "year": draw.randint(1840, 1980), "river": draw.choice(rivers)} for b in bridges}

passages = []
for r in rivers:
    passages.append((r, f"The {r} is a river of {draw.randint(30, 400)} kilometres. It rises in the hills above {draw.choice(towns)} and is known for {draw.choice(['trout', 'otters', 'mills', 'mist', 'willows'])}."))
for t, d in town.items():
    passages.append((t, draw.choice([
        f"{t} is a town in the valley of the river {d['river']}. It was founded in {d['year']} and makes {d['craft']}. Its mayor is {d['mayor']}.",
        f"The town of {t} lies in the valley of the river {d['river']}. It was founded in {d['year']}. The mayor, {d['mayor']}, opens its market of {d['craft']} every spring."])))
for p, d in person.items():
    passages.append((p, draw.choice([
        f"{p} was born in the town of {d['town']} in {d['year']} and became known as {article(d['work'])}. A street in {d['later']} bears the name.",
        f"{p}, {article(d['work'])}, was born in {d['year']} in the town of {d['town']}. Later years were spent in {d['later']}."])))
for f, d in firm.items():
    passages.append((f, draw.choice([
        f"{f} was founded in {d['year']} by {d['founder']}. The company has its seat in {d['seat']} and competes with {d['rival']}.",
        f"{f} is a company with its seat in {d['seat']}. It was founded by {d['founder']} in {d['year']}. Its oldest rival is {d['rival']}."])))
for n, d in novel.items():
    passages.append((n, draw.choice([
        f"{n} is a novel set in {d['about']}. Its author is {d['author']}; it was first printed in {d['year']}.",
        f"{n} is a novel that its author, {d['author']}, had printed in {d['year']}. It tells of a family in {d['about']}."])))
for b, d in bridge.items():
    passages.append((b, draw.choice([
        f"{b} crosses the river {d['river']}. It was built by {d['builder']} and opened in {d['year']}.",
        f"{b} was built by {d['builder']}. It crosses the river {d['river']} and was opened in {d['year']}."])))
draw.shuffle(passages)
write("world/corpus.jsonl", [{"id": f"p{i:03}", "title": t, "text": f"{t} | {text}"} for i, (t, text) in enumerate(passages)])

# Questions that one passage answers.
single = []
for f, d in firm.items():
    single += [(f"Who founded {f}?", d["founder"]), (f"In which town does {f} have its seat?", d["seat"]),
               (f"In which year was {f} founded?", str(d["year"]))]
for n, d in novel.items():
    single += [(f"Who is the author of {n}?", d["author"]), (f"In which year was {n} printed?", str(d["year"]))]
for b, d in bridge.items():
    single += [(f"Who built {b}?", d["builder"]), (f"Which river does {b} cross?", d["river"])]
for p in people[:80]:
    single += [(f"In which town was {p} born?", person[p]["town"])]
for t, d in town.items():
    single += [(f"Who is the mayor of {t}?", d["mayor"]), (f"In which river's valley lies the town of {t}?", d["river"])]
single = [{"question": q, "answer": a} for q, a in single]
split("retrieval", single, 50, 60, 100)
split("retrieval_checked", single, 50, 60, 100)

# Questions that need three passages: the maker, the maker's town, the town.
hops = []
for kind, things in (("founder", firm), ("author", novel), ("builder", bridge)):
    for name, d in things.items():
        t = person[d[kind]]["town"]
        hops += [(f"In which river's valley lies the town where the {kind} of {name} was born?", town[t]["river"]),
                 (f"Who is the mayor of the town where the {kind} of {name} was born?", town[t]["mayor"])]
split("three_hops", [{"question": q, "answer": a} for q, a in hops], 50, 60, 100)

# What the simulated LM knows by heart, and how hard that is.
known = draw.sample(single, 260)
write("question_answering/knowledge.jsonl", [row | {"difficulty": round(draw.uniform(0.15, 1), 3)} for row in known])
split("question_answering", known, 60, 80, 120)

# Remarks of guests and customers.
GOOD = ["a wonderful stay", "good coffee", "a great host", "flawless service", "wonderful views", "I loved the staff", "it made me happy all week",
        "great value", "I would come back tomorrow", "an excellent breakfast", "we laughed all evening", "spotless rooms", "I love the new handle",
        "excellent for every coin", "delightful from start to finish", "good as ever"]
BAD = ["a dreadful stay", "awful coffee", "a terrible host", "poor work", "terrible noise at night", "the staff ignored us", "it made me sad all week",
       "poor value", "I want my coin back", "an awful breakfast", "we left before the end", "disappointing rooms", "I hate the new handle",
       "fell apart in a day", "tedious from start to finish", "disappointed again"]
PLAIN = ["the room faces the yard", "opens at nine", "comes in two colours", "the lid is made of tin", "breakfast is served until ten", "the path starts at the mill",
         "it weighs two pounds", "the menu changes on Mondays", "tickets are sold at the gate", "there are eleven tables", "the handle is oak",
         "built beside the station", "the manual has forty pages", "parking is behind the house", "it holds three litres", "the show lasts an hour"]
PLACES = [f"the {w} in {t}" for w in ("inn", "bakery", "museum", "theatre", "workshop") for t in towns[:12]]
remarks = []
seen = set()
while len(remarks) < 260:
    label, pool, other = draw.choice([("positive", GOOD, BAD), ("negative", BAD, GOOD), ("neutral", PLAIN, PLAIN)])
    parts = draw.sample(pool, 2) + ([draw.choice(PLAIN)] if draw.random() < 0.6 else [])
    if label != "neutral" and draw.random() < 0.25:
        parts.insert(0, "I had feared " + draw.choice(other) + ", but no")
    place = draw.choice(PLACES)
    text = draw.choice([f"At {place}: {'; '.join(parts)}.", f"{', '.join(parts)}. That was {place}.", f"About {place}: {', '.join(parts)}."])
    text = text[0].upper() + text[1:]
    if text not in seen:
        seen.add(text)
        remarks.append({"text": text, "sentiment": label})
split("sentiment", remarks, 60, 80, 120)
