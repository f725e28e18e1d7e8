"""Budgets: what may be spent in a day, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from optimizer.models.dataclass import dataclass
from optimizer.models.settings import Field, Settings

HOURS_OF_A_DAY = 24


class BudgetSettings(Settings):
    """A sum that may be spent in a day."""

    name: Annotated[str, Field(min_length=1)]
    """What it is called."""

    daily_limit_usd: Annotated[float, Field(gt=0)]
    """The sum, in USD."""

    tenant: str | None = None
    """Whose requests are counted. Default: everybody's."""

    workflow: str | None = None
    """The workflow whose requests are counted. Default: all of them."""

    per_request_limit_usd: Annotated[float, Field(gt=0)] | None = None
    """The most that one request should cost, in USD. Default: no such limit."""

    reset_hour: Annotated[int, Field(ge=0, lt=HOURS_OF_A_DAY)] = 0
    """Hour of the day, UTC, at which a new day of the budget begins."""


class BudgetsSettings(Settings):
    """What may be spent, and how far back spending is looked at."""

    limits: tuple[BudgetSettings, ...] = ()
    """The budgets, a list of tables: `[{ name = "all", daily_limit_usd = 5.0 }]`."""

    max_days: Annotated[int, Field(ge=1)] = 30
    """Earlier days that the next one is foreseen from."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of what is foreseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlySpend:
    """What was spent in one hour by one tenant on one workflow.

    Attributes:
        starts_at: Beginning of the hour, UTC.
        workflow_id: The workflow.
        tenant: The tenant; None where it was not recorded.
        n_requests: Tasks that began in it.
        n_priced: Those with a known price.
        cost_usd: Their price.
        largest_usd: The highest price of one; None where none is known.
    """

    starts_at: datetime
    workflow_id: str
    tenant: str | None
    n_requests: int
    n_priced: int
    cost_usd: float
    largest_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget and where it stands.

    Attributes:
        name: The budget.
        tenant: Whose requests it counts; None: everybody's.
        workflow_id: On which workflow; None: on all.
        daily_limit_usd: What may be spent in a day.
        per_request_limit_usd: What one request may cost, or None.
        starts_at: Beginning of the day that is looked at, UTC.
        resets_at: Its end, when the budget is full again.
        n_requests: Requests in it.
        n_priced: Those with a known price; what the others cost is not in any sum.
        spent_usd: What was spent in it.
        largest_usd: The highest price of one request, in it and the earlier days; None where no
            price is known.
        n_days: Earlier days, from the first with a request on; a day without any spent 0.
        n_days_over: Those that spent more than the limit.
        day_mean_usd: Mean of the earlier days; None where there are none.
        next_low_usd: Lower bound of what a next day will spend; None below two earlier days.
        next_high_usd: Upper bound of the same.
        level: Confidence level of these bounds.
    """

    name: str
    tenant: str | None
    workflow_id: str | None
    daily_limit_usd: float
    per_request_limit_usd: float | None
    starts_at: datetime
    resets_at: datetime
    n_requests: int
    n_priced: int
    spent_usd: float
    largest_usd: float | None
    n_days: int
    n_days_over: int
    day_mean_usd: float | None
    next_low_usd: float | None
    next_high_usd: float | None
    level: float

    @property
    def is_exceeded(self) -> bool:
        """Whether more was spent than may be."""
        return self.spent_usd > self.daily_limit_usd

    @property
    def will_be_exceeded(self) -> bool:
        """Whether a next day like the earlier ones spends more, beyond doubt."""
        return self.next_low_usd is not None and self.next_low_usd > self.daily_limit_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRow:
    """What one workflow and tenant spent on one day.

    Attributes:
        day_at: Beginning of the day, UTC.
        workflow_id: The workflow.
        tenant: The tenant, or None.
        n_requests: Requests.
        n_priced: Those with a known price.
        cost_usd: Their price.
    """

    day_at: datetime
    workflow_id: str
    tenant: str | None
    n_requests: int
    n_priced: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """Where all budgets stand.

    Attributes:
        at: The moment that is looked at, UTC.
        states: Each budget.
        days: What was spent, the newest day first, then by workflow and tenant.
    """

    at: datetime
    states: tuple[BudgetState, ...]
    days: tuple[SpendRow, ...]
