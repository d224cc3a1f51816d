"""Makes statistics.json, which the statistics of results are held to: python3 statistics.py > statistics.json (SciPy, statsmodels)."""
import json
import math
import random

import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.weightstats import DescrStatsW

draw = random.Random(1)
samples = [[round(draw.gauss(0.9, 0.01), 4) for _ in range(n)] for n in (2, 3, 5, 10, 40)] + [[120.0, 131.5, 90.25]]
counts = [(0, 10), (10, 10), (1, 1), (841, 1000), (9191, 10000), (7, 20), (5000, 10000), (9999, 10000)]


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, loc=stats.tmean(values), scale=stats.sem(values))
    return {"values": values, "mean": stats.tmean(values), "sd": stats.tstd(values), "low": low, "high": high}


def wilson(hits, trials):
    found = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    return {"hits": hits, "trials": trials, "low": found.low, "high": found.high}


# How many images only the first got right, only the second, and all: published tables have few, test sets many.
pairs = [(0, 0, 44), (1, 0, 44), (12, 2, 80), (5, 5, 100), (30, 60, 1000), (130, 100, 10000), (0, 7, 10000), (10, 0, 10), (3, 7, 10)]


def tango(gained, lost, trials):
    """Differences that a score test keeps: its other parameter by searching the likelihood, not in closed form."""

    def score(supposed):
        # The share of lost pairs: where the likelihood has no slope, or at an end of what it can be.
        low, high = max(0.0, -supposed), (1 - supposed) / 2
        counts = gained, lost, trials - gained - lost

        def slope(share):
            chances = share + supposed, share, (1 - 2 * share - supposed) / 2
            return sum(sign * count / chance for sign, count, chance in zip((1, 1, -1), counts, chances) if count > 0)

        inner = low + (high - low) * 1e-12, high - (high - low) * 1e-12
        share = low if slope(inner[0]) <= 0 else high if slope(inner[1]) >= 0 else optimize.brentq(slope, *inner, xtol=1e-16)
        variance = trials * (2 * share + supposed * (1 - supposed))
        return (gained - lost - trials * supposed) / math.sqrt(max(variance, 1e-300))

    z, middle, edge = stats.norm.ppf(0.975), (gained - lost) / trials, 1e-3
    ends = -1 + edge, 1 - edge
    low = -1.0 if middle == -1 else optimize.brentq(lambda d: score(d) - z, ends[0], min(middle, ends[1]), xtol=1e-14)
    high = 1.0 if middle == 1 else optimize.brentq(lambda d: score(d) + z, max(middle, ends[0]), ends[1], xtol=1e-14)
    table = [[trials - gained - lost, gained], [lost, 0]]
    test = mcnemar(table, exact=False, correction=False).pvalue if gained + lost > 0 else 1.0
    return {"gained": gained, "lost": lost, "trials": trials, "low": low, "high": high, "mcnemar": test}


def paired(first, second):
    low, high = DescrStatsW([a - b for a, b in zip(first, second)]).tconfint_mean(0.05)
    test = stats.ttest_rel(first, second)
    own = test.confidence_interval(0.95)
    assert abs(own.low - low) < 1e-12 and abs(own.high - high) < 1e-12
    return {"first": first, "second": second, "low": low, "high": high, "p": test.pvalue}


print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
            "t": [[freedom, stats.t.ppf(0.975, freedom)] for freedom in [*range(1, 31), 50, 99, 100, 999, 10000]],
            "samples": [interval(values) for values in samples],
            "wilson": [wilson(*pair) for pair in counts],
            "tango": [tango(*pair) for pair in pairs],
            "paired": [paired(a, [round(value - 0.01 + draw.gauss(0, 0.004), 4) for value in a]) for a in samples[1:4]],
        },
        indent=1,
    )
)
