"""Every setting of the system, its meaning and its default, once.

All settings are frozen dataclasses: they are written into the manifest of each
build, so that a stored model says how it was made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SEED = 20_140_723
"""The seed of everything that draws random numbers, unless another is given."""


@dataclass(frozen=True)
class LimitsConfig:
    """How much of a file is read before it is refused: no file, whatever it holds, fills the memory."""

    id_bytes: int = 4_096
    """Rows with a longer id are rejected."""
    line_bytes: int = 16 << 20
    """A file with a longer line is refused."""
    text_chars: int = 2_000
    """Titles, brands and categories are cut to this length."""
    address_chars: int = 2_000
    """Longer addresses of pictures are left out."""
    unpacked_bytes: int | None = None
    """Largest size of an unpacked file; None: half of the memory that is free."""
    unpack_ratio: float = 250.0
    """A packed file that unpacks to more times its size is refused, where that is above `ratio_from`."""
    ratio_from: int = 256 << 20
    row_bytes: int = 64
    """Memory that a row takes while it is read, whatever stands in it."""
    pipe_seconds: float = 10.0
    """How long to wait for somebody to write to a pipe."""


DEFAULT_LIMITS = LimitsConfig()


@dataclass(frozen=True)
class CleaningConfig:
    """What counts as a valid rating."""

    scale: tuple[float, float] | None = None
    """Lowest and highest valid rating; None: that of the data, which then rejects no row."""
    unrated: tuple[float, ...] = ()
    """Values that mean "not rated": these rows are left out and counted."""
    dates: str | None = None
    """"day-first", "month-first" or "year-first"; None: told from the whole column."""
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    max_rejected_share: float = 0.5
    """A build stops when a larger share of the rows than this is rejected."""
    n_samples: int = 5
    """Sample lines kept for each reason of rejection."""
    in_order: bool = False
    """The ratings of each user stand in order of time, earliest first, whatever the timestamps say."""


@dataclass(frozen=True)
class SvdConfig:
    """Randomised block Krylov iteration (Musco, Musco 2015)."""

    oversampling: float = 3.5
    """Columns of the Krylov basis beyond the rank, as a share of the rank."""
    min_extra: int = 128
    max_extra: int = 1024
    """Bounds of those columns: small ranks cost nothing, large ones gain little."""
    min_user_items: int = 2
    """Users with fewer items are left out of the products: they hold no co-occurrence."""
    seed: int = SEED


@dataclass(frozen=True)
class RankingConfig:
    """Degree-normalised, leverage-scaled truncated SVD (see `recsys.model.ranking`)."""

    n_factors: int | None = None
    """Rank k; None: chosen on a hold-out, or by the shape of the data (see `ranking.default_rank`)."""
    user_exponent: float = 0.35
    """a in A = Du^-a R Di^-b: how much heavy users are damped."""
    item_exponent: float = 0.40
    """b in A = Du^-a R Di^-b: how much popular items are damped."""
    spectrum_exponent: float = 0.75
    """p: item factors are V s^p; larger trusts the leading factors more."""
    leverage_exponent: float = 1.5
    """ph in h_i = sum_f s_f^(2 ph) V_if^2, the item's leverage."""
    leverage_power: float = 0.25
    """q: items are divided by h^q."""
    popularity_exponent: float = 0.40
    """c: items are multiplied by degree^c, the popular-niche dial."""
    second_weight: float = 0.0
    """gamma: the weight of the second term, in shares of the spread of the first; 0 leaves it out."""
    second_popularity: float = 0.5
    """c2 in deg^c2 V s^2, the second term."""
    similarity_spectrum: float = 0.9
    """Items are alike as their vectors V s^this are by cosine; larger trusts the leading factors more."""
    similarity_evidence: float = 3.0
    """kappa in deg / (deg + kappa), what a similar item's cosine is multiplied by; 0 is the plain cosine."""
    svd: SvdConfig = field(default_factory=SvdConfig)


@dataclass(frozen=True)
class SequentialConfig:
    """Truncated SVD of ordered pairs of items (see `recsys.model.sequential`)."""

    n_factors: int | None = None
    """Rank k; None: chosen by the size of the data (see `sequential.default_rank`)."""
    user_exponent: float = 0.1
    """a: a user's pairs weigh d^-2a, d their number of ratings."""
    item_exponent: float = 0.3
    """b in N = Di^-b M Di^-b: how much popular items are damped."""
    lag_exponent: float = 0.75
    """g: a pair weighs d^-g, d how many places apart its items are."""
    backward: float = 0.1
    """rho: the weight of a pair against the order of time, in shares of the one along it."""
    spectrum_exponent: float = 1.0
    """p: item factors are Q s^(p/2)."""
    leverage_exponent: float = 1.5
    """ph in h_i = sum_f s_f^ph Q_if^2, the item's leverage."""
    leverage_power: float = 0.35
    """q: items are divided by h^q."""
    popularity_exponent: float = 0.3
    """c: items are multiplied by degree^c, the popular-niche dial."""
    recency_exponent: float = 1.0
    """tau: an item of a history weighs age^-tau, the age of the latest being 1."""
    svd: SvdConfig = field(default_factory=lambda: SvdConfig(oversampling=1.5))


@dataclass(frozen=True)
class RatingConfig:
    """Biases and a low-rank part, as a Gaussian model fitted by variational Bayes.

    How strongly biases and factors are shrunk is not set here: the model learns it.
    """

    n_factors: int | None = None
    """Rank of the low-rank part; 0: biases only; None: by size (see `rating.default_size`)."""
    n_basis: int = 32
    """Factors of who rated what that say where a user or item is expected to be; 0: none."""
    sweeps: int | None = None
    """Alternations between users and items; None: by size."""
    spread_strength: float | None = 100.0
    """Prior strength, in ratings, of the belief that all users are equally consistent.

    None (or inf): they are."""
    curve: tuple[float, float, float] = (0.0, 1.0, 0.0)
    """c0, c1, c2: the prediction is mean + c0 + c1 x + c2 x^2 where x is the model's deviation."""
    damping: tuple[float, float] | None = None
    """(user, item): plain damped biases with these many imaginary ratings, and nothing else."""
    bias_sweeps: int = 10
    """Alternations of the damped biases."""
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.spread_strength == math.inf:
            # JSON has no infinity, and what is stored must come back as it was.
            object.__setattr__(self, "spread_strength", None)


@dataclass(frozen=True)
class ContentConfig:
    """From words of the catalogue to item factors (see `recsys.model.content`)."""

    n_factors: int = 128
    """f: content factors of the words."""
    ridge: float | None = None
    """lambda of the regression; None: chosen by cross-validation over the products."""
    evidence: float = 5.0
    """kappa: a product's words count as much as this many ratings."""
    min_products: int = 100
    """With fewer products to learn from than this, nothing is said of products without ratings."""


@dataclass(frozen=True)
class IndexConfig:
    """FAISS search over the item vectors."""

    kind: str = "length-ordered"
    """One of `recsys.search.kinds.KINDS`."""
    exact_below: int = 50_000
    """Catalogues smaller than this are searched exactly for similar items."""
    target_recall: float = 0.99
    """Recall@50 that an approximate index must reach against the exact answer."""
    first_probes: int = 8
    """Clusters an approximate search looks at to begin with; doubled until the recall is reached."""
    seed: int = SEED


@dataclass(frozen=True)
class MapConfig:
    """The map of the items (see `recsys.model.map`)."""

    most_items: int = 50_000
    """Items on the map, the most rated; 0: no map."""
    whole_below: int = 128
    """With more factors there are fewer items, so that the search for neighbours takes no longer."""
    least_items: int = 10
    """With fewer items than this that have a place, there is no map."""
    neighbours: int = 45
    """Neighbours of each item that the map is made of."""
    perplexity: float = 15.0
    """How many of them count; at most a third."""
    exaggeration: float = 12.0
    """How much more near items attract each other in the first rounds."""
    iterations: tuple[int, int] = (100, 200)
    """Rounds of the descent, exaggerated and plain."""
    items_per_cluster: int = 50
    """Items for each cluster, where that makes fewer than `most_clusters`."""
    most_clusters: int = 20
    compared: int = 10
    """Neighbours that are counted to say how many the map keeps."""
    seed: int = SEED


RANKERS = ("auto", "sequential", "static", "popular", "item-knn")
"""Which ranker is served; auto: the best on a hold-out, and the static model where nothing is measured."""

BASELINES = {
    "popular": "popular",
    "item-knn": "item-kNN",
    "random": "random",
    "recent-item-knn": "recent item-kNN",
    "next-item": "next item",
    "static": "static",
    "sequential": "sequential",
}
"""What an evaluation can compare with: the names that `--baselines` takes, and those that results show."""


@dataclass(frozen=True)
class BuildConfig:
    """One build, from a ratings file to a published version."""

    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    sequential: SequentialConfig = field(default_factory=SequentialConfig)
    ranker: str = "auto"
    """One of `RANKERS`."""
    rating: RatingConfig = field(default_factory=RatingConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    map: MapConfig = field(default_factory=MapConfig)
    tune: bool = False
    """Choose the models' settings on a validation split before fitting."""
    evaluate: bool | None = None
    """Measure the models on a hold-out; None: yes, whatever the size of the data."""
    keep_versions: int = 3
