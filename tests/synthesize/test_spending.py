from __future__ import annotations

import pytest

from mmrag.errors import BudgetError
from mmrag.synthesize import Spending
from mmrag.types import Usage


def test_without_limits_there_is_all_the_room_that_is_wanted():
    assert Spending().room(10**9, 512) == 512


def test_tokens_of_prompt_answer_and_before_count():
    spending = Spending(max_tokens=1000, used=Usage(300, 100))
    assert spending.room(500, 512) == 100
    assert spending.room(500, 50) == 50
    assert spending.room(599, 512) == 1
    with pytest.raises(BudgetError, match="400 tokens are spent and the prompt has 600, of 1,000 allowed"):
        spending.room(600, 512)


def test_money_counts_by_the_prices():
    # 1 a token in, 2 a token out
    spending = Spending(max_cost=100, price_in=1e6, price_out=2e6, used=Usage(10, 5))
    assert spending.cost == 20
    assert spending.room(40, 512) == 20
    with pytest.raises(BudgetError, match=r"20 is spent and the prompt alone costs 79, of 100 allowed"):
        spending.room(79, 512)


def test_where_answers_are_free_the_prompt_alone_counts():
    spending = Spending(max_cost=10, price_in=1e6)
    assert spending.room(10, 512) == 512
    with pytest.raises(BudgetError):
        spending.room(11, 512)
