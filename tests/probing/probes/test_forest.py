import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from core.probing.probes.forest import RandomForest
from tests.imports import named, sources
from tests.probing.conftest import make_features


def test_a_forest_is_scikit_learns():
    features = make_features((30, 25, 20), spread=3.0)
    ours, theirs = (
        kind(20, random_state=3).fit(features.X, features.y) for kind in (RandomForest, RandomForestClassifier)
    )
    assert np.array_equal(ours.predict_proba(features.X), theirs.predict_proba(features.X))


def test_forests_in_several_threads_leave_the_filters_of_warnings_as_they_were():
    features = make_features((30, 25, 20), spread=3.0)

    def judged(seed):
        return RandomForest(20, random_state=seed).fit(features.X, features.y).predict_proba(features.X)

    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(judged, range(12)))) == 12
    assert warnings.filters == before


def test_no_other_forest_is_grown_where_folds_are_fitted_in_threads():
    files = [path for path in sources("core/**/*.py") if "RandomForestClassifier" in path.read_text(encoding="utf-8")]
    assert [named(path) for path in files] == ["core/probing/probes/forest.py"]
