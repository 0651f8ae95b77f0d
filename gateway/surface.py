"""What a serving gateway offers: its handlers, and their gRPC services and REST operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selvage_api.access.v1 import access_service_pb2_grpc
from selvage_api.files.v1 import files_service_pb2_grpc
from selvage_api.jobs.v1 import jobs_service_pb2_grpc
from selvage_api.reports.v1 import reports_service_pb2_grpc
from selvage_api.review.v1alpha1 import review_service_pb2_grpc
from selvage_api.shoots.v1 import shoots_service_pb2_grpc
from selvage_api.webhooks.v1 import webhooks_service_pb2_grpc
from services.kit import pictures

from .access.handlers import Access
from .cutouts.maker import Maker
from .fetch import Fetcher
from .files.direct import DirectUploads
from .files.handlers import Files
from .jobs import Jobs
from .removebg.handlers import RemoveBg
from .rest.access import AccessRoutes
from .rest.cutouts import CutoutRoutes
from .rest.files_routes import FilesRoutes
from .rest.operation import Operation
from .rest.removebg import RemoveBgRoutes
from .rest.reports import ReportRoutes
from .rest.routes import Routes
from .rest.shoots import ShootRoutes
from .rest.webhooks import WebhookRoutes
from .review import Review
from .servicers.access import AccessServicer
from .servicers.files import FilesServicer
from .servicers.jobs import JobsServicer
from .servicers.reports import ReportsServicer
from .servicers.review import ReviewServicer
from .servicers.shoots import ShootsServicer
from .servicers.webhooks import WebhooksServicer
from .shared import Shared
from .shoots.handlers import Shoots
from .uploads import Uploads


@dataclass(frozen=True)
class Surface:
    """One set of handlers, spoken to in two languages."""

    shared: Shared
    jobs: Jobs
    review: Review
    access: Access
    files: Files
    shoots: Shoots

    @classmethod
    def of(cls, shared: Shared) -> Surface:
        settings, database, store = shared.settings, shared.database, shared.store
        uploads = Uploads(database, store, pictures.current_limits().bytes, shared.quotas)
        direct = DirectUploads(database, store, uploads, shared.quotas, settings.files)
        return cls(
            shared,
            Jobs(database, shared.queue, store, shared.changes, shared.services, settings.gateway, shared.quotas),
            Review(database, shared.queue, settings.gateway.promised_seconds),
            Access(database, shared.keyring, shared.quotas),
            Files(database, store, uploads, direct, settings.files, shared.downloads),
            Shoots(database, store),
        )

    def add_servicers(self, server: Any) -> None:
        webhooks, reports = self.shared.webhooks, self.shared.reports
        jobs_service_pb2_grpc.add_JobsServiceServicer_to_server(JobsServicer(self.jobs), server)
        review_service_pb2_grpc.add_ReviewServiceServicer_to_server(ReviewServicer(self.review), server)
        access_service_pb2_grpc.add_AccessServiceServicer_to_server(AccessServicer(self.access), server)
        files_service_pb2_grpc.add_FilesServiceServicer_to_server(FilesServicer(self.files), server)
        shoots_service_pb2_grpc.add_ShootsServiceServicer_to_server(ShootsServicer(self.shoots), server)
        webhooks_service_pb2_grpc.add_WebhooksServiceServicer_to_server(WebhooksServicer(webhooks), server)
        reports_service_pb2_grpc.add_ReportsServiceServicer_to_server(ReportsServicer(reports), server)

    def operations(self) -> list[Operation]:
        return (
            Routes(self.jobs, self.review).table()
            + FilesRoutes(self.files).table()
            + AccessRoutes(self.access).table()
            + WebhookRoutes(self.shared.webhooks).table()
            + ReportRoutes(self.shared.reports).table()
            + ShootRoutes(self.shoots).table()
            + self._cutouts()
        )

    def _cutouts(self) -> list[Operation]:
        """One picture an answer, in our own way and in remove.bg's."""
        shared, settings, uploads = self.shared, self.shared.settings.cutouts, self.files.uploads
        maker = Maker(
            shared.database, shared.store, shared.services, self.jobs, uploads, shared.downloads, settings.seconds
        )
        fetcher = Fetcher(shared.settings.fetch, uploads.limit)
        credits_of = RemoveBg(shared.database, shared.store, shared.quotas)
        removebg = RemoveBgRoutes(maker, credits_of, fetcher, settings, uploads.limit)
        return CutoutRoutes(maker, fetcher, settings, uploads.limit).table() + removebg.table()
