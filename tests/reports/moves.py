"""What has moved, and what is out of the ordinary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from optimizer.models.drift import (
    Anomaly,
    AnomalyReport,
    AnomalySeverity,
    AnomalyType,
    DriftFinding,
    DriftMethod,
    DriftReport,
)
from optimizer.models.series import Timeline
from optimizer.models.summaries import RunPoint
from reports.gallery.anomalies import anomalies
from reports.gallery.drift import drift

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def finding(metric: str, method: DriftMethod, **more: Any) -> DriftFinding:
    facts: dict[str, Any] = {
        "metric": metric,
        "method": method,
        "is_drifting": True,
        "statistic": 4.2,
        "threshold": None,
        "p_value": 0.0004,
        "before": 231.4,
        "after": 347.9,
        "n_before": 480,
        "n_after": 120,
        "changed_at": NOON,
    }
    return DriftFinding(**(facts | more))


def drift_report(*findings: DriftFinding, missing: tuple[str, ...] = ()) -> DriftReport:
    return DriftReport(
        workflow_id="support",
        variant_id="0123456789abcdef",
        findings=findings,
        not_looked_at=missing,
    )


MOVED = drift_report(
    finding("latency", DriftMethod.PAIRED, statistic=12.4),
    finding("latency", DriftMethod.ADWIN, statistic=1.3, p_value=None),
    finding("latency", DriftMethod.CUSUM, statistic=11.1, threshold=10.3, p_value=0.007),
    finding("success", DriftMethod.CHI2, before=0.91, after=0.8, p_value=0.006),
    finding("cost", DriftMethod.PSI, statistic=0.31, threshold=0.2, before=0.0021, after=0.0034),
    finding("score", DriftMethod.KS, before=0.84, after=0.835, is_drifting=False, p_value=0.61),
    finding(
        "tokens",
        DriftMethod.PAGE_HINKLEY,
        is_drifting=False,
        statistic=0.0,
        p_value=None,
        before=412.0,
        after=415.5,
        changed_at=None,
    ),
    missing=("series of runs: not enough data: 5 of 20 runs",),
)


def anomaly(kind: AnomalyType, severity: AnomalySeverity, metric: str, **more: Any) -> Anomaly:
    facts: dict[str, Any] = {
        "type": kind,
        "severity": severity,
        "metric": metric,
        "method": "mad",
        "value": 1890.0,
        "expected": 231.4,
        "distance": 17.4,
        "threshold": 3.7,
        "n_reference": 14,
        "at": NOON,
        "run_id": "nightly-15",
        "task_id": None,
    }
    return Anomaly(**(facts | more))


def anomaly_report(
    *found: Anomaly, n: int = 121, missing: tuple[str, ...] = (), name: str = "support"
) -> AnomalyReport:
    return AnomalyReport(
        workflow_id=name,
        variant_id="0123456789abcdef",
        anomalies=found,
        n_looked_at=n,
        not_looked_at=missing,
    )


OUT = anomaly_report(
    anomaly(AnomalyType.LATENCY_SPIKE, AnomalySeverity.CRITICAL, "latency"),
    anomaly(
        AnomalyType.ERROR_RATE_INCREASE,
        AnomalySeverity.HIGH,
        "errors",
        value=0.25,
        expected=0.0,
        method="z",
        distance=9.1,
    ),
    anomaly(
        AnomalyType.OUTLYING_TASK,
        AnomalySeverity.LOW,
        "latency, cost, tokens",
        method="mahalanobis",
        value=4.4,
        expected=1.54,
        distance=4.4,
        threshold=4.03,
        task_id="ticket-0421",
        n_reference=480,
    ),
    anomaly(
        AnomalyType.COST_SPIKE,
        AnomalySeverity.LOW,
        "cost",
        method="iqr",
        value=0.041,
        expected=0.0021,
        task_id="ticket-0007",
    ),
)
READINGS = anomaly_report(
    anomaly(
        AnomalyType.OUTLYING_TASK,
        AnomalySeverity.MEDIUM,
        "value",
        value=99.2,
        expected=45.8,
        run_id=None,
        at=NOON + timedelta(minutes=5),
    ),
    name="load.csv",
)
TIMELINE = Timeline(
    name="load.csv",
    times=tuple(NOON + timedelta(minutes=i) for i in range(8)),
    values=(45.8, 46.1, 45.2, 45.9, 46.4, 99.2, 46.0, 45.7),
)


def run_points(n: int) -> tuple[RunPoint, ...]:
    return tuple(
        RunPoint(
            run_id=f"nightly-{i:02}",
            workflow_id="support",
            variant_id="0123456789abcdef",
            started_at=NOON + timedelta(days=i - n + 1),
            finished_at=NOON + timedelta(days=i - n + 1, minutes=2),
            n=120,
            n_succeeded=109 if i < n - 1 else 96,
            n_bad=0 if i < n - 1 else 30,
            score_mean=None,
            score_sd=None,
            latency_mean_ms=231.4 + i % 3 if i < n - 1 else 347.9,
            latency_sd_ms=20.0,
            cost_mean_usd=0.0021,
            cost_sd_usd=None,
            tokens_mean=412.0,
        )
        for i in range(n)
    )


RUNS = run_points(16)
TOO_FEW = ("run: not enough data: 1 of 10 earlier runs",)

CASES = {
    "drift": (drift, (MOVED, RUNS)),
    "drift-series": (
        drift,
        (
            drift_report(
                finding("value", DriftMethod.CUSUM, changed_at=NOON + timedelta(minutes=5))
            ),
            (),
            TIMELINE,
        ),
    ),
    "drift-empty": (drift, (drift_report(missing=("not enough data: 1 of 2 runs",)),)),
    "drift-none": (
        drift,
        (drift_report(finding("score", DriftMethod.KS, is_drifting=False, p_value=0.4)),),
    ),
    "anomalies": (partial(anomalies, limit=3), (OUT, RUNS)),
    "anomalies-empty": (partial(anomalies, limit=3), (anomaly_report(n=0, missing=TOO_FEW),)),
    "anomalies-none": (partial(anomalies, limit=3), (anomaly_report(missing=TOO_FEW),)),
    "anomalies-series": (partial(anomalies, limit=3), (READINGS, (), TIMELINE)),
}
