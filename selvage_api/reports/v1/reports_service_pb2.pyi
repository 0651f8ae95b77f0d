from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BudgetState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUDGET_STATE_UNSPECIFIED: _ClassVar[BudgetState]
    BUDGET_STATE_NONE: _ClassVar[BudgetState]
    BUDGET_STATE_OK: _ClassVar[BudgetState]
    BUDGET_STATE_AT_RISK: _ClassVar[BudgetState]
    BUDGET_STATE_EXCEEDED: _ClassVar[BudgetState]
BUDGET_STATE_UNSPECIFIED: BudgetState
BUDGET_STATE_NONE: BudgetState
BUDGET_STATE_OK: BudgetState
BUDGET_STATE_AT_RISK: BudgetState
BUDGET_STATE_EXCEEDED: BudgetState

class GetCostsRequest(_message.Message):
    __slots__ = ("shop", "from_month", "to_month", "group_by")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    shop: str
    from_month: str
    to_month: str
    group_by: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, shop: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., group_by: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCostsResponse(_message.Message):
    __slots__ = ("currency", "rows", "total", "baseline", "from_month", "to_month")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    currency: str
    rows: _containers.RepeatedCompositeFieldContainer[CostRow]
    total: CostRow
    baseline: Baseline
    from_month: str
    to_month: str
    def __init__(self, currency: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[CostRow, _Mapping]]] = ..., total: _Optional[_Union[CostRow, _Mapping]] = ..., baseline: _Optional[_Union[Baseline, _Mapping]] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ...) -> None: ...

class CostRow(_message.Message):
    __slots__ = ("shop", "month", "category", "template", "model_version", "images", "approved", "reworked", "costs", "marginal", "full", "marginal_per_approved", "full_per_approved", "rework_rate", "cpu_seconds", "gpu_seconds", "human_seconds", "human_minutes_per_approved", "approved_per_hour", "untouched")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    REWORKED_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    MARGINAL_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    MARGINAL_PER_APPROVED_FIELD_NUMBER: _ClassVar[int]
    FULL_PER_APPROVED_FIELD_NUMBER: _ClassVar[int]
    REWORK_RATE_FIELD_NUMBER: _ClassVar[int]
    CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HUMAN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HUMAN_MINUTES_PER_APPROVED_FIELD_NUMBER: _ClassVar[int]
    APPROVED_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    UNTOUCHED_FIELD_NUMBER: _ClassVar[int]
    shop: str
    month: str
    category: str
    template: str
    model_version: str
    images: int
    approved: int
    reworked: int
    costs: Costs
    marginal: float
    full: float
    marginal_per_approved: float
    full_per_approved: float
    rework_rate: float
    cpu_seconds: float
    gpu_seconds: float
    human_seconds: float
    human_minutes_per_approved: float
    approved_per_hour: float
    untouched: int
    def __init__(self, shop: _Optional[str] = ..., month: _Optional[str] = ..., category: _Optional[str] = ..., template: _Optional[str] = ..., model_version: _Optional[str] = ..., images: _Optional[int] = ..., approved: _Optional[int] = ..., reworked: _Optional[int] = ..., costs: _Optional[_Union[Costs, _Mapping]] = ..., marginal: _Optional[float] = ..., full: _Optional[float] = ..., marginal_per_approved: _Optional[float] = ..., full_per_approved: _Optional[float] = ..., rework_rate: _Optional[float] = ..., cpu_seconds: _Optional[float] = ..., gpu_seconds: _Optional[float] = ..., human_seconds: _Optional[float] = ..., human_minutes_per_approved: _Optional[float] = ..., approved_per_hour: _Optional[float] = ..., untouched: _Optional[int] = ...) -> None: ...

class Costs(_message.Message):
    __slots__ = ("cpu", "gpu", "storage", "egress", "human", "overhead", "idle")
    CPU_FIELD_NUMBER: _ClassVar[int]
    GPU_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    EGRESS_FIELD_NUMBER: _ClassVar[int]
    HUMAN_FIELD_NUMBER: _ClassVar[int]
    OVERHEAD_FIELD_NUMBER: _ClassVar[int]
    IDLE_FIELD_NUMBER: _ClassVar[int]
    cpu: float
    gpu: float
    storage: float
    egress: float
    human: float
    overhead: float
    idle: float
    def __init__(self, cpu: _Optional[float] = ..., gpu: _Optional[float] = ..., storage: _Optional[float] = ..., egress: _Optional[float] = ..., human: _Optional[float] = ..., overhead: _Optional[float] = ..., idle: _Optional[float] = ...) -> None: ...

class Baseline(_message.Message):
    __slots__ = ("cost", "rework_rate", "saved_per_approved")
    COST_FIELD_NUMBER: _ClassVar[int]
    REWORK_RATE_FIELD_NUMBER: _ClassVar[int]
    SAVED_PER_APPROVED_FIELD_NUMBER: _ClassVar[int]
    cost: float
    rework_rate: float
    saved_per_approved: float
    def __init__(self, cost: _Optional[float] = ..., rework_rate: _Optional[float] = ..., saved_per_approved: _Optional[float] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("shop", "month", "amount")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    shop: str
    month: str
    amount: float
    def __init__(self, shop: _Optional[str] = ..., month: _Optional[str] = ..., amount: _Optional[float] = ...) -> None: ...

class GetBudgetRequest(_message.Message):
    __slots__ = ("shop", "month")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    shop: str
    month: str
    def __init__(self, shop: _Optional[str] = ..., month: _Optional[str] = ...) -> None: ...

class GetBudgetResponse(_message.Message):
    __slots__ = ("budget", "currency", "spent", "forecast", "state")
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    SPENT_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    currency: str
    spent: float
    forecast: float
    state: BudgetState
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ..., currency: _Optional[str] = ..., spent: _Optional[float] = ..., forecast: _Optional[float] = ..., state: _Optional[_Union[BudgetState, str]] = ...) -> None: ...

class SetBudgetRequest(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class SetBudgetResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...
