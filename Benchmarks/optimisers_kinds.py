"""Every optimiser as the benchmarks run it: our section of a study file, without its kind."""
KINDS = {  # what differs from the defaults keeps a run short, on both sides alike
    "labeled_few_shot": {},
    "bootstrap_few_shot": {},
    "random_search": {"num_candidate_programs": 8},
    "knn_few_shot": {"k": 3},
    "ensemble": {"programs": {"kind": "random_search", "num_candidate_programs": 8}},
    "copro": {"breadth": 5, "depth": 2},
    "bayesian_signature": {},
    "mipro": {"auto": "light"},
    "gepa": {"auto": "light"},
    "bootstrap_finetune": {},
    "better_together": {
        "strategy": "p -> w",
        "optimizers": {"p": {"kind": "random_search", "num_candidate_programs": 8}, "w": {"kind": "bootstrap_finetune"}},
    },
}
