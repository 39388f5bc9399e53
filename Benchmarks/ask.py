#!/usr/bin/env python3
"""What deciding on the next trial costs: our searches against Optuna's samplers, in turn in one run.

Optuna asks on a history of the same size (its script lies beside the checkout). Needs a release build of nightshift, and a
Python with optuna, scipy and, for its GPSampler, torch.
"""
import argparse, json, pathlib, statistics, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# (what is measured, our sampler, our field, Optuna's sampler, at most this share of Optuna's time)
ROWS = [
    ("TPE ask", "tpe", "median_s", "tpe", 1 / 5),
    ("GP ask, amortised", "gp", "median_s", "gp", 1 / 20),
    ("racing proposal, amortised", "racing", "median_s", "gp", 1 / 20),
    ("racing proposal, fitted", "racing", "proposal_s", "tpe", 1),
    ("gp proposal, fitted", "gp", "proposal_s", "tpe", 1),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nightshift", default=str(ROOT / ".build/release/nightshift"))
    parser.add_argument("--python", default=str(ROOT / ".build/peer-venv/bin/python"))
    parser.add_argument("--peer", default=str(ROOT.parent / "shared/peers/optuna_ask.py"))
    parser.add_argument("--dims", default="8,16")
    parser.add_argument("--history", default="100,300,1000")
    parser.add_argument("--choices", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs, one after the other")
    parser.add_argument("--asks", type=int, default=5, help="asks of Optuna's GPSampler per run; of its TPE three times as many")
    parser.add_argument("--json", action="store_true", help="print one JSON document only")
    options = parser.parse_args()

    def run(command):
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode != 0:
            sys.exit(answer.stderr)
        return json.loads(answer.stdout.strip().splitlines()[-1])

    def shape(dims, history):
        return ["--dims", str(dims), "--choices", str(options.choices), "--history", str(history)]

    table = []
    for dims in map(int, options.dims.split(",")):
        for history in map(int, options.history.split(",")):
            ours, peers = [], []
            for _ in range(options.rounds):
                ours.append({s: run([options.nightshift, "bench", "ask", "--json", "--sampler", s, *shape(dims, history)])
                             for s in ("racing", "gp", "tpe")})
                peers.append({s: run([options.python, options.peer, "--sampler", s, "--asks", str(asks), *shape(dims, history)])
                              for s, asks in (("gp", options.asks), ("tpe", 3 * options.asks))})
            for name, sampler, field, peer, limit in ROWS:
                pairs = [(mine[sampler][field], theirs[peer]["median_s"]) for mine, theirs in zip(ours, peers)]
                own, other = (statistics.median(values) for values in zip(*pairs))
                table.append({
                    "measure": name, "dims": dims, "history": history, "nightshift_s": own, "optuna_s": other,
                    "optuna_sampler": peer, "ratio": statistics.median(theirs / mine for mine, theirs in pairs),
                    "ratios": [round(theirs / mine, 1) for mine, theirs in pairs], "wanted": 1 / limit,
                    "refit_s": statistics.median(mine[sampler]["refit_s"] for mine in ours)})
                row = table[-1]
                if not options.json:
                    if len(table) == 1:
                        print(f"{'':28}{'dims':>5}{'history':>9}{'nightshift':>13}{'Optuna':>12}{'ratio':>9}{'wanted':>8}")
                    print(f"{name:28}{dims:5}{history:9}{own * 1e3:10.3f} ms{other * 1e3:9.1f} ms{row['ratio']:9.1f}"
                          f"{row['wanted']:8.0f}{'' if row['ratio'] >= row['wanted'] else '  SHORT'}", flush=True)
    print(json.dumps({"peer": peers[0]["tpe"]["peer"], "choices": options.choices, "rows": table}))


if __name__ == "__main__":
    main()
