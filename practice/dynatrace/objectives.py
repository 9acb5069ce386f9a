"""The service level objectives of a ground, and how they stand."""

from typing import Any

from practice.incident import ERRORS_AFTER, ERRORS_BEFORE, EXHAUSTED

Json = dict[str, Any]
WEEK = 7 * 86_400


def listed(*, evaluated: bool) -> list[Json]:
    """Give all of them."""
    since = EXHAUSTED.total_seconds() / WEEK
    failed = 100 * (ERRORS_BEFORE * (1 - since) + ERRORS_AFTER * since)
    burning = 100 * ERRORS_AFTER
    return [
        _slo("checkout availability", 99.5, 99.9, 100 - failed, burning / 0.5, evaluated),
        _slo("web latency", 95.0, 97.0, 93.4, 1.32, evaluated),
        _slo("search availability", 99.0, 99.5, 99.9, 0.1, evaluated),
        _slo("new: not yet measured", 98.0, 99.0, -1.0, None, evaluated),
    ]


def _slo(
    name: str,
    target: float,
    warning: float,
    actual: float,
    burn: float | None,
    evaluated: bool,
) -> Json:
    key = name.replace(" ", "_").replace(":", "")
    known = evaluated and actual >= 0
    status = "SUCCESS" if not known or actual >= warning else "WARNING"
    rate: Json = {"burnRateVisualizationEnabled": burn is not None}
    if known and burn is not None:
        rate |= {
            "burnRateType": "FAST" if burn > 10 else "SLOW" if burn > 1 else "NONE",
            "burnRateValue": burn,
            "sloValue": actual,
            "estimatedTimeToConsumeErrorBudget": 100 / burn,
            "fastBurnThreshold": 10.0,
        }
    return {
        "id": key,
        "enabled": True,
        "name": name,
        "description": "",
        "evaluatedPercentage": actual if known else -1.0,
        "errorBudget": actual - target if known else -1.0,
        "status": "FAILURE" if known and actual < target else status,
        "error": "NONE",
        "errorBudgetBurnRate": rate,
        "metricKey": f"func:slo.{key}",
        "burnRateMetricKey": f"func:slo.errorBudgetBurnRate.{key}",
        "errorBudgetMetricKey": f"func:slo.errorBudget.{key}",
        "normalizedErrorBudgetMetricKey": f"func:slo.normalizedErrorBudget.{key}",
        "metricExpression": "(100)*(builtin:service.errors.server.successCount:splitBy())",
        "target": target,
        "warning": warning,
        "evaluationType": "AGGREGATE",
        "timeframe": "-1w",
        "filter": "",
        "metricDenominator": "",
        "numeratorValue": 0.0,
        "metricRate": "",
        "metricNumerator": "",
        "useRateMetric": True,
        "denominatorValue": 0.0,
    }
