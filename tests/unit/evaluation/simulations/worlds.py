"""Worlds whose truth is known: two classes with normal scores, rows with or without a shared entity."""

import numpy as np
from scipy.stats import binom, norm

DRAWS = 1000
ROWS = 600
ALONE = np.arange(ROWS)
SHARED = np.repeat(np.arange(ROWS // 3), 3)  # three rows an entity


def area(shift):
    """The area under the ROC curve of N(shift, 1) against N(0, 1)."""
    return norm.cdf(shift / np.sqrt(2))


def labels(rng, codes):
    """Half of the rows are positive; of an entity mostly all or none."""
    entity = rng.random(codes.max() + 1) < 0.5
    flipped = rng.random(len(codes)) < 0.1
    return entity[codes] ^ (flipped if len(np.unique(codes)) < len(codes) else False)


def scores(rng, positive, codes, shifts, correlation=0.5):
    """One score a shift: their noise is correlated, and so is that of an entity's rows. (scores, rows)."""
    common = rng.normal(size=(codes.max() + 1,))[codes]
    entity = rng.normal(size=(len(shifts), codes.max() + 1))[:, codes]
    alone = rng.normal(size=(len(shifts), len(codes)))
    share = 0.5 if len(np.unique(codes)) < len(codes) else 0.0
    own = np.sqrt(share) * entity + np.sqrt(1 - share) * alone
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return np.array(shifts)[:, None] * positive + noise


def band(draws, chance, sure=0.999):
    """Between how many successes a chance lies, but for one world in a thousand."""
    return binom.ppf((1 - sure) / 2, draws, chance), binom.ppf((1 + sure) / 2, draws, chance)
