"""selvage_api.review.v1alpha1.ReviewService."""

from __future__ import annotations

from typing import Any

from gateway.review import Review
from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from selvage_api.review.v1alpha1 import review_service_pb2_grpc


class ReviewServicer(review_service_pb2_grpc.ReviewServiceServicer):
    def __init__(self, review: Review) -> None:
        self._review = review

    async def Decide(self, request: pb.DecideRequest, context: Any) -> pb.DecideResponse:
        return await self._review.decide(request)

    async def ListDecisions(self, request: pb.ListDecisionsRequest, context: Any) -> pb.ListDecisionsResponse:
        return await self._review.list_decisions(request)
