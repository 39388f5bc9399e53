#!/usr/bin/env python3
"""Throughput and limits of LM calls: one simulated LM, one run, one machine. Prints a JSON line for each figure.

  make build && scripts/install-peer
  Benchmarks/limits.py [--bin .build/release] [--python .build/peer-venv/bin/python] [--only throughput,rate,…]

Needs ../shared (data/banking30 and peers/dspy_compile.py); with wrk on the path, `throughput` reports the share of its rate.
- throughput: calls per second and CPU per call of one worker through the full stack (queue, cache, adapter, metric) at latency 0,
  against DSPy's Evaluate with its cache on, and against wrk on the same endpoint.
- flight: 2,000 calls in flight in one worker at a median latency of 1 s; resident memory.
- rate: 8 workers against --rps 200; retry_after, hangs, faults: the same with Retry-After: 89, 30 % of hangs, 5 % of 500s.
- again: a study run twice, at 0.2 s and at 1 s a call.
Quote the ratios: absolute times say more about the machine.
"""
import argparse, json, os, resource, shutil, signal, subprocess, tempfile, time

from banking import STUDY, Simulation, add_arguments, data, forget, ours, theirs

RATE = 200


def child_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def rows(folder, copies):
    path = os.path.join(folder, "many.jsonl")
    with open(f"{data}/test.jsonl") as source, open(path, "w") as out:
        out.write((source.read().strip() + "\n") * copies)
    return path


def say(name, **figures):
    print(json.dumps({"bench": name, **figures}), flush=True)


def throughput(arguments, lm, folder):
    lm.call("/config", {"latency_ms": 0, "rps": 0})
    # Neither side's start is counted: the database is made here, DSPy's imports are left out below.
    ours(arguments.bin, folder, lm.url, verb="evaluate", test=rows(folder, 1))
    lm.call("/reset", {})
    before = child_seconds()
    ours(arguments.bin, folder, lm.url, verb="evaluate", test=rows(folder, 20))
    cpu, rate, calls = child_seconds() - before, lm.rate(), lm.call("/stats")["calls"]
    lm.call("/reset", {})
    peer = theirs(arguments.python, lm.url, "--algo", "evaluate")
    stats = lm.call("/stats")
    peer_rate, peer_cpu = lm.rate(), peer.get("cpu_s", 0) / max(1, stats["calls"])
    figures = {"calls_per_s": round(rate), "dspy_calls_per_s": round(peer_rate), "ratio": round(rate / peer_rate, 1),
               "cpu_us_per_call": round(cpu / calls * 1e6), "dspy_cpu_us_per_call": round(peer_cpu * 1e6),
               "cpu_ratio": round(peer_cpu * calls / cpu, 1) if cpu else None}
    if shutil.which("wrk"):
        body = json.dumps({"model": "sim", "messages": [{"role": "user", "content": "hello"}]})
        script = os.path.join(folder, "post.lua")
        with open(script, "w") as file:
            file.write(f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\nwrk.body=[[{body}]]\n")
        done = subprocess.run(["wrk", "-t2", "-c64", "-d10s", "-s", script, lm.url + "/chat/completions"], capture_output=True, text=True)
        limit = next(float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("Requests/sec"))
        raw = bench(arguments, lm, "--raw", "--concurrency", "64", "--calls", "20000")
        figures |= {"wrk_per_s": round(limit), "share_of_wrk": round(rate / limit, 2),
                    "stack_share_of_wrk": round(bench(arguments, lm, "--concurrency", "64", "--calls", "20000")["calls_per_s"] / limit, 2),
                    "raw_share_of_wrk": round(raw["calls_per_s"] / limit, 2)}
    say("throughput", **figures)


def bench(arguments, lm, *flags):
    command = [os.path.join(arguments.bin, "nightshift"), "bench", "lm", "--base-url", lm.url, "--json", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def flight(arguments, lm, folder):
    lm.call("/config", {"latency_ms": 1000, "rps": 0})
    found = bench(arguments, lm, "--concurrency", "2000", "--calls", "120000")
    # Log-normal: the mean is the median times exp(sigma² / 2), sigma 0.25.
    limit = 2000 / 1.0317
    say("flight", calls_per_s=round(found["calls_per_s"]), limit=round(limit), share=round(found["calls_per_s"] / limit, 3),
        rss_mb=round(found["rss_mb"]), p50_ms=round(found["p50_ms"]), p99_ms=round(found["p99_ms"]), failed=found["failed"])


class Fleet:
    """A study evaluated by 8 workers, watched from outside: what the simulated LM answered, every quarter of a second."""

    def __init__(self, arguments, lm, folder, copies, timeout="60s"):
        path = os.path.join(folder, "fleet.yaml")
        with open(path, "w") as file:
            file.write(STUDY.format(
                name="fleet", seed=1, url=lm.url + f'", timeout: {timeout}, response_format: "none', models="", topic="", second="",
                data=data, test=rows(folder, copies), optimizer="{kind: mipro, auto: light}"))
        self.lm = lm
        lm.call("/reset", {})
        self.process = subprocess.Popen(
            [os.path.join(arguments.bin, "nightshift"), "evaluate", path, "--fresh", "--json", "--quiet", "--no-cache", "--workers", "8",
             "--concurrency", "64"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not lm.call("/stats")["first"]:
            if self.process.poll() is not None:
                raise SystemExit(self.process.stderr.read())
            time.sleep(0.05)
        self.start, self.looks = time.time(), []
        self.look()

    def look(self):
        stats = self.lm.call("/stats")
        self.looks.append((time.time() - self.start, stats["calls"], stats["rejected"]))

    def watch(self, seconds):
        end = time.time() + seconds
        while time.time() < end and self.process.poll() is None:
            time.sleep(0.25)
            self.look()

    def between(self, begin, end):
        """Answers and refusals a second."""
        inside = [look for look in self.looks if begin <= look[0] <= end]
        if len(inside) < 2:
            return 0.0, 0.0
        seconds = inside[-1][0] - inside[0][0]
        return (inside[-1][1] - inside[0][1]) / seconds, (inside[-1][2] - inside[0][2]) / seconds

    def windows(self, begin, end, width=10):
        return [round(self.between(at, at + width)[0]) for at in range(begin, end, width)]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


def fleet(name, arguments, lm, folder, target, config=None, timeout="60s"):
    lm.call("/config", {"latency_ms": 200, "rps": RATE, "retry_after": 1, **(config or {})})
    run = Fleet(arguments, lm, folder, copies=40, timeout=timeout)
    run.watch(72)
    run.stop()
    lm.call("/config", {"fault_rate": 0, "hang_rate": 0})
    rate, refused = run.between(20, 70)
    windows = run.windows(10, 70)
    say(name, answered_per_s=windows, target=target, least_share=round(min(windows) / target, 3), mean_share=round(rate / target, 3),
        refused_share_after_20_s=round(refused / max(1e-9, refused + rate), 4))


def retry_after(arguments, lm, folder):
    lm.call("/config", {"latency_ms": 200, "rps": RATE, "retry_after": 1})
    run = Fleet(arguments, lm, folder, copies=60)
    run.watch(20)
    before = run.looks[-1][1]
    lm.call("/config", {"rps": 1, "retry_after": 89})
    run.watch(3)
    lm.call("/config", {"rps": RATE, "retry_after": 1})
    told = run.looks[-1][0]
    run.watch(90)
    run.stop()
    quiet_until = next((at for at, calls, _ in run.looks if at > told + 2 and calls > run_calls(run, told + 2) + 5), None)
    say("retry_after", before_per_s=round(before / 20), silent_s=quiet_until and round(quiet_until - told + 3, 1),
        after_10_s=quiet_until and round(run.between(quiet_until + 10, quiet_until + 20)[0]), target=RATE)


def run_calls(run, at):
    return max((calls for time, calls, _ in run.looks if time <= at), default=0)


def again(arguments, lm, folder):
    # The first run's time is not that of making a database.
    ours(arguments.bin, folder, lm.url, verb="evaluate")
    for latency in (200, 1000):
        lm.call("/config", {"latency_ms": latency, "rps": 0})
        forget(arguments.bin, folder)
        figures = []
        for _ in range(2):
            lm.call("/reset", {})
            begin = time.time()
            found = ours(arguments.bin, folder, lm.url, forgets=False)
            figures.append((time.time() - begin, lm.call("/stats")["calls"], found["compile_s"], found["best"]))
        (first, calls, first_compile, best), (second, again_calls, second_compile, again_best) = figures
        say("again", latency_ms=latency, first_s=round(first, 2), second_s=round(second, 2), calls=[calls, again_calls],
            compile_s=[round(first_compile, 2), round(second_compile, 2)], ratio=round(second / first, 3),
            compile_ratio=round(second_compile / first_compile, 3), same=best == again_best)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    benches = {
        "throughput": throughput, "flight": flight, "again": again,
        "rate": lambda *run: fleet("rate", *run, target=RATE),
        "hangs": lambda *run: fleet("hangs", *run, target=0.7 * RATE, config={"hang_rate": 0.3}, timeout="3s"),
        "faults": lambda *run: fleet("faults", *run, target=0.95 * RATE, config={"fault_rate": 0.05}),
        "retry_after": retry_after,
    }
    parser.add_argument("--only", default=",".join(benches), help="a list of: " + ", ".join(benches))
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        with Simulation(arguments.bin) as lm, tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            benches[name](arguments, lm, folder)


main()
