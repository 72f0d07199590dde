"""All statistics by their names in reports; one contract suite tests each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.chi_squared import chi_squared
from lockstep.pipeline.drift.statistics.jensen_shannon import jensen_shannon
from lockstep.pipeline.drift.statistics.kolmogorov_smirnov import kolmogorov_smirnov
from lockstep.pipeline.drift.statistics.measure import Measure
from lockstep.pipeline.drift.statistics.population_stability import population_stability
from lockstep.pipeline.drift.statistics.wasserstein import wasserstein

NUMBERS: Mapping[str, Callable[[NumberPair], Measure | None]] = MappingProxyType(
    {
        "ks": kolmogorov_smirnov,
        "psi": population_stability,
        "js": jensen_shannon,
        "wasserstein": wasserstein,
    }
)
CATEGORIES: Mapping[str, Callable[[CategoryPair], Measure | None]] = MappingProxyType(
    {
        "chi_squared": chi_squared,
        "psi": population_stability,
        "js": jensen_shannon,
    }
)
