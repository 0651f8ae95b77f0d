"""Rows of the method table by service."""

from __future__ import annotations

from tests.contract.gateway.method_table import Row

from . import access, files, jobs, reports, review, shoots, webhooks

SERVICES: dict[str, tuple[Row, ...]] = {
    "selvage_api.access.v1.AccessService": access.ROWS,
    "selvage_api.files.v1.FilesService": files.ROWS,
    "selvage_api.jobs.v1.JobsService": jobs.ROWS,
    "selvage_api.reports.v1.ReportsService": reports.ROWS,
    "selvage_api.review.v1alpha1.ReviewService": review.ROWS,
    "selvage_api.shoots.v1.ShootsService": shoots.ROWS,
    "selvage_api.webhooks.v1.WebhooksService": webhooks.ROWS,
}
