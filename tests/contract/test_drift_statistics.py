"""One suite that every drift statistic is fed through; then each against a peer and a closed form."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon

from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import Counts
from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.chi_squared import homogeneity
from lockstep.pipeline.drift.statistics.jensen_shannon import distance_of
from lockstep.pipeline.drift.statistics.population_stability import index_of
from lockstep.pipeline.drift.statistics.registry import CATEGORIES, NUMBERS

BOUNDED = {"ks", "js"}
whole_numbers = st.lists(st.integers(-50, 50), min_size=1, max_size=60)
levels = st.lists(st.sampled_from(["a", "b", "c", '"; DROP TABLE orders; --', "<script>"]), min_size=1, max_size=80)

number_statistic = pytest.mark.parametrize("name", NUMBERS)
category_statistic = pytest.mark.parametrize("name", CATEGORIES)


def of_numbers(name: str, reference: object, current: object) -> float | None:
    measure = NUMBERS[name](NumberPair.of(reference, current))
    return None if measure is None else measure.value


def of_categories(name: str, reference: list, current: list) -> float | None:
    measure = CATEGORIES[name](CategoryPair.of(reference, current))
    return None if measure is None else measure.value


# every statistic of numbers


@number_statistic
@given(sample=whole_numbers, copies=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_two_samples_with_the_same_distribution_are_at_zero(name: str, sample: list[int], copies: int) -> None:
    measure = NUMBERS[name](NumberPair.of(sample, sample * copies))
    # shares below a half of one observation do not occur, so smoothing changes nothing here
    assert measure.value == pytest.approx(0, abs=1e-12)
    assert getattr(measure, "p_value", 1.0) == 1


@number_statistic
@given(reference=whole_numbers, current=whole_numbers, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_changes_no_bit(name: str, reference: list[int], current: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(np.sqrt(np.array(reference) + 51)), rng.permutation(np.sqrt(np.array(current) + 51))
    assert of_numbers(name, np.sqrt(np.array(reference) + 51), np.sqrt(np.array(current) + 51)) == of_numbers(
        name, *shuffled
    )


@number_statistic
@given(reference=whole_numbers, current=whole_numbers)
@settings(max_examples=60, deadline=None)
def test_it_is_never_negative_and_finite(name: str, reference: list[int], current: list[int]) -> None:
    value = of_numbers(name, reference, current)
    if value is None:
        assert name == "wasserstein"
        assert len(set(reference)) == 1
    else:
        assert 0 <= value < (1 + 1e-12 if name in BOUNDED else np.inf)


@number_statistic
@given(reference=whole_numbers, current=whole_numbers)
@settings(max_examples=30, deadline=None)
def test_missing_and_infinite_values_are_no_values(name: str, reference: list[int], current: list[int]) -> None:
    holes = [np.nan, np.inf, -np.inf]
    assert of_numbers(name, reference + holes, holes + current) == of_numbers(name, reference, current)


@pytest.mark.parametrize("name", ["ks", "psi", "js"])
@given(reference=whole_numbers, current=whole_numbers)
@settings(max_examples=60, deadline=None)
def test_an_increasing_transform_of_both_samples_changes_no_bit(
    name: str, reference: list[int], current: list[int]
) -> None:
    transformed = np.array(reference) ** 3 + 7.0, np.array(current) ** 3 + 7.0
    assert of_numbers(name, *transformed) == of_numbers(name, reference, current)


@number_statistic
@pytest.mark.parametrize(("factor", "offset"), [(0.001, 0.0), (3.7, -5.0), (1e12, 3.0), (1e300, 0.0)])
def test_the_unit_of_measurement_does_not_matter(name: str, factor: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    reference, current = rng.normal(size=500), rng.normal(0.3, 1.2, size=400)
    found = of_numbers(name, reference * factor + offset, current * factor + offset)
    assert found == pytest.approx(of_numbers(name, reference, current), rel=1e-9)


@number_statistic
def test_a_larger_shift_gives_a_larger_value(name: str) -> None:
    rng = np.random.default_rng(2)
    reference, current = rng.normal(size=5000), rng.normal(size=5000)
    values = [of_numbers(name, reference, current + shift) for shift in (0, 0.2, 0.5, 1, 2)]
    assert values == sorted(values)
    assert values[0] < 0.05 < values[-1]


@number_statistic
@pytest.mark.parametrize(("reference", "current"), [([], []), ([], [1.0]), ([1.0], []), ([np.nan], [1.0])])
def test_an_empty_side_has_no_statistic(name: str, reference: list[float], current: list[float]) -> None:
    assert of_numbers(name, reference, current) is None


@number_statistic
@pytest.mark.parametrize(("reference", "current"), [([5], [5]), ([1], [2]), ([1, 2], [2]), ([0.0], [-0.0])])
def test_one_value_is_enough_to_compute_it(name: str, reference: list[int], current: list[int]) -> None:
    value = of_numbers(name, reference, current)
    same = reference[0] == current[0]
    assert (value == 0) == same or (value is None and name == "wasserstein" and not same)


@number_statistic
@pytest.mark.parametrize("moved", [4.0, 6.0])
def test_a_constant_that_moves_either_way_is_seen(name: str, moved: float) -> None:
    value = of_numbers(name, np.full(200, 5.0), np.full(200, moved))
    assert value is None if name == "wasserstein" else value >= 1 - 1e-12


@number_statistic
def test_a_sum_that_rounds_does_not_make_a_constant_vary(name: str) -> None:
    assert of_numbers(name, np.full(1000, 0.1), np.full(700, 0.1)) == 0


@number_statistic
def test_huge_values_of_both_signs_do_not_overflow(name: str) -> None:
    with np.errstate(over="raise", invalid="raise"):
        value = of_numbers(name, [-1.7e308, 1.7e308] * 20, [-1.7e308] * 20)
    assert np.isfinite(value)
    assert value > 0


@number_statistic
def test_whole_numbers_and_flags_are_numbers(name: str) -> None:
    rng = np.random.default_rng(3)
    reference, current = rng.integers(0, 2, 100), rng.integers(0, 2, 80)
    expected = of_numbers(name, reference.astype(float), current.astype(float))
    assert of_numbers(name, reference, current) == of_numbers(name, reference > 0, current > 0) == expected


@number_statistic
def test_the_samples_are_left_as_they_are(name: str) -> None:
    reference, current = np.array([3.0, np.nan, 1.0]), np.array([2.0, 5.0, 0.0])
    before = reference.copy(), current.copy()
    of_numbers(name, reference, current)
    np.testing.assert_array_equal(reference, before[0])
    np.testing.assert_array_equal(current, before[1])


# every statistic of categories


@category_statistic
@given(sample=levels, copies=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_two_samples_with_the_same_shares_are_at_zero(name: str, sample: list[str], copies: int) -> None:
    measure = CATEGORIES[name](CategoryPair.of(sample, sample * copies))
    assert measure.value == pytest.approx(0, abs=1e-12)
    assert getattr(measure, "p_value", 1.0) == pytest.approx(1)


@category_statistic
@given(reference=levels, current=levels, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_neither_the_order_of_rows_nor_the_names_change_a_bit(
    name: str, reference: list[str], current: list[str], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    renamed = {level: f"{rng.integers(1000)}-{level}" for level in {*reference, *current}}
    shuffled = [[renamed[level] for level in rng.permutation(side)] for side in (reference, current)]
    assert of_categories(name, *shuffled) == of_categories(name, reference, current)


@category_statistic
@given(reference=levels, current=levels)
@settings(max_examples=40, deadline=None)
def test_the_two_sides_can_be_exchanged(name: str, reference: list[str], current: list[str]) -> None:
    exchanged = of_categories(name, current, reference)
    assert of_categories(name, reference, current) == pytest.approx(exchanged, rel=1e-12, abs=1e-15)


@category_statistic
@given(reference=levels, current=levels)
@settings(max_examples=30, deadline=None)
def test_a_missing_category_is_no_category(name: str, reference: list[str], current: list[str]) -> None:
    assert of_categories(name, [*reference, None], [None, *current, None]) == of_categories(name, reference, current)


@category_statistic
@pytest.mark.parametrize(("reference", "current"), [([], []), (["a"], []), ([], ["a"]), ([None], ["a"])])
def test_an_empty_side_has_no_statistic_of_categories(name: str, reference: list, current: list) -> None:
    assert of_categories(name, reference, current) is None


@category_statistic
def test_a_column_may_come_in_chunks_or_dictionary_encoded(name: str) -> None:
    rng = np.random.default_rng(4)
    reference, current = rng.choice(list("abc"), 300).tolist(), rng.choice(list("abbc"), 200).tolist()
    chunked = pa.chunked_array([reference[:100], reference[100:]])
    encoded = pa.array(current).dictionary_encode()
    assert of_categories(name, chunked, encoded) == of_categories(name, reference, current)


# against peers


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning:scipy")
@given(reference=whole_numbers, current=whole_numbers)
@settings(max_examples=150, deadline=None)
def test_kolmogorov_smirnov_is_scipys_with_ties_and_without(reference: list[int], current: list[int]) -> None:
    expected = stats.ks_2samp(reference, current, method="asymp").statistic
    assert of_numbers("ks", reference, current) == pytest.approx(expected, abs=1e-12)


def test_kolmogorov_smirnov_does_not_mind_which_side_is_which() -> None:
    rng = np.random.default_rng(5)
    left, right = rng.poisson(2, 300), rng.poisson(2.2, 200)
    assert NUMBERS["ks"](NumberPair.of(left, right)) == NUMBERS["ks"](NumberPair.of(right, left))


@pytest.mark.parametrize(("n", "m", "rel"), [(100, 100, 0.25), (1000, 700, 0.1), (100_000, 60_000, 0.01)])
def test_its_p_value_tends_to_scipys_from_the_safe_side(n: int, m: int, rel: float) -> None:
    rng = np.random.default_rng(6)
    for shift in np.linspace(0, 3, 10) / np.sqrt(m):
        left, right = rng.normal(size=n), rng.normal(shift, 1, size=m)
        found = NUMBERS["ks"](NumberPair.of(left, right))
        exact = stats.ks_2samp(left, right, method="exact" if n <= 1000 else "asymp")
        assert found.p_value == pytest.approx(exact.pvalue, rel=rel)
        assert found.p_value > exact.pvalue * 0.9999 or exact.pvalue > 0.1


@given(reference=whole_numbers, current=whole_numbers)
@settings(max_examples=150, deadline=None)
def test_wasserstein_is_scipys_in_standard_deviations_of_the_reference(
    reference: list[int], current: list[int]
) -> None:
    found = of_numbers("wasserstein", reference, current)
    if found is not None and len(set(reference)) > 1:
        expected = stats.wasserstein_distance(reference, current) / np.std(reference)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


counted = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12).filter(
    lambda cells: all(sum(side) > 0 for side in zip(*cells, strict=True))
)


@given(cells=counted)
@settings(max_examples=150, deadline=None)
def test_jensen_shannon_is_scipys_distance_to_base_two(cells: list[tuple[int, int]]) -> None:
    reference, current = np.array(cells).T
    expected = jensenshannon(reference, current, base=2)
    assert distance_of(Counts(reference, current)) == pytest.approx(expected, rel=1e-7, abs=1e-7)


@given(cells=counted.filter(lambda cells: sum(sum(cell) > 0 for cell in cells) > 1))
@settings(max_examples=150, deadline=None)
def test_chi_squared_is_scipys_test_of_homogeneity(cells: list[tuple[int, int]]) -> None:
    counts = Counts(*np.array(cells).T).occupied
    expected = stats.chi2_contingency(np.stack([counts.reference, counts.current]))
    found = homogeneity(counts)
    assert found.value == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)


def test_with_two_cells_it_is_the_two_proportion_test() -> None:
    found = homogeneity(Counts(np.array([120, 880]), np.array([90, 410])))
    share, sizes = 210 / 1500, (1000, 500)
    gap = abs(0.12 - 0.18) - (1 / 1000 + 1 / 500) / 2
    z = gap / np.sqrt(share * (1 - share) * (1 / sizes[0] + 1 / sizes[1]))
    assert found.value == pytest.approx(z**2)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(z))


# against closed forms


def test_population_stability_of_two_known_distributions() -> None:
    counts = Counts(np.array([500, 300, 200]), np.array([40, 40, 20]))
    expected = (0.5 - 0.4) * np.log(0.5 / 0.4) + (0.3 - 0.4) * np.log(0.3 / 0.4)
    assert index_of(counts) == pytest.approx(expected, rel=1e-12)


def test_an_empty_cell_counts_as_half_an_observation() -> None:
    counts = Counts(np.array([50, 50, 0, 0]), np.array([25, 0, 75, 0]))
    p, q = np.array([0.5, 0.5, 0.005]), np.array([0.25, 0.005, 0.75])
    assert index_of(counts) == pytest.approx(float(np.sum((p - q) * np.log(p / q))), rel=1e-12)


def test_population_stability_is_the_same_from_either_side() -> None:
    left, right = np.array([10, 0, 30]), np.array([5, 5, 5])
    assert index_of(Counts(left, right)) == index_of(Counts(right, left))


def test_the_distance_of_samples_without_a_common_cell_is_one() -> None:
    assert distance_of(Counts(np.array([10, 0, 5]), np.array([0, 7, 0]))) == 1


@pytest.fixture(scope="module")
def gaussians() -> tuple[NumberPair, float]:
    """Return 400,000 quantiles each of two normal distributions, one standard deviation apart."""
    quantiles = stats.norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    return NumberPair.of(quantiles, quantiles + 1.0), 1.0


def test_two_gaussians_have_the_gap_of_the_textbook(gaussians: tuple[NumberPair, float]) -> None:
    pair, shift = gaussians
    assert NUMBERS["ks"](pair).value == pytest.approx(2 * stats.norm.cdf(shift / 2) - 1, abs=1e-4)


def test_two_gaussians_are_as_far_apart_as_their_means(gaussians: tuple[NumberPair, float]) -> None:
    pair, shift = gaussians
    assert NUMBERS["wasserstein"](pair).value == pytest.approx(shift, rel=1e-3)


def test_two_gaussians_have_the_index_of_their_deciles(gaussians: tuple[NumberPair, float]) -> None:
    pair, shift = gaussians
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    q = np.diff(stats.norm.cdf(edges - shift), prepend=0, append=1)
    assert NUMBERS["psi"](pair).value == pytest.approx(float(np.sum((0.1 - q) * np.log(0.1 / q))), rel=1e-3)


def test_two_gaussians_have_the_jensen_shannon_distance_of_the_integral(gaussians: tuple[NumberPair, float]) -> None:
    pair, shift = gaussians

    def density(x: float) -> float:
        p, q = stats.norm.pdf(x), stats.norm.pdf(x - shift)
        return (p * np.log2(2 * p / (p + q)) + q * np.log2(2 * q / (p + q))) / 2

    whole = np.sqrt(integrate.quad(density, -8, 9)[0])
    found = NUMBERS["js"](pair).value
    assert found == pytest.approx(whole, rel=0.03)
    assert found <= whole, "binning can only bring two distributions nearer (data processing inequality)"
