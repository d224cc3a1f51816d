"""Makes statistics.json, which the statistics of results are held to: python3 statistics.py > statistics.json (SciPy)."""
import json
import random

import scipy
from scipy import stats

draw = random.Random(1)
samples = [[round(draw.gauss(0.9, 0.01), 4) for _ in range(n)] for n in (2, 3, 5, 10, 40)] + [[120.0, 131.5, 90.25]]
counts = [(0, 10), (10, 10), (1, 1), (841, 1000), (9191, 10000), (7, 20), (5000, 10000), (9999, 10000)]


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, loc=stats.tmean(values), scale=stats.sem(values))
    return {"values": values, "mean": stats.tmean(values), "sd": stats.tstd(values), "low": low, "high": high}


def wilson(hits, trials):
    found = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    return {"hits": hits, "trials": trials, "low": found.low, "high": found.high}


print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "t": [[freedom, stats.t.ppf(0.975, freedom)] for freedom in [*range(1, 31), 50, 99, 100, 999, 10000]],
            "samples": [interval(values) for values in samples],
            "wilson": [wilson(*pair) for pair in counts],
        },
        indent=1,
    )
)
