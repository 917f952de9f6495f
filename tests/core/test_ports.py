"""The few things that the ports compute."""

import pytest

from core.ports.adapter import FetchError
from core.ports.needs import Cost


@pytest.mark.parametrize(("factor", "limit"), [(1.0, 5), (2.5, 12), (0.1, 1), (0, 0)], ids=str)
def test_a_documented_limit_is_scaled_and_0_means_unknown(factor: float, limit: int) -> None:
    assert Cost.scaled(("slack", "T1"), 5, 60.0, factor) == Cost(("slack", "T1"), limit, 60.0)


def test_a_fetch_that_failed_says_why_and_whether_to_try_again() -> None:
    error = FetchError("It is gone.", again=False)
    assert (str(error), error.reason, error.again) == ("It is gone.", "It is gone.", False)
