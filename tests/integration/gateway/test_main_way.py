"""From upload to files: the whole way of an image."""

from __future__ import annotations

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.review.v1alpha1 import review_service_pb2 as review
from services.kit.pictures import encode
from tests.parts.house import House, photo


async def test_a_photo_becomes_an_approved_image_with_all_its_files(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.approved == 1
    image = (await house.images(job.job_id))[0]
    assert (image.sku, image.image_no) == ("TEE1", "1")
    assert image.confidence > 0.9
    assert list(image.reasons) == []
    assert {file.name for file in image.files} == {"alpha", "confidence", "trimap", "cutout", "psd", "export:large"}
    assert all("_approved" in file.file_name for file in image.files)
    assert [run.stage for run in image.stages] == ["intake", "plate", "segment", "matting", "gate", "compose"]
    assert not any(run.reused for run in image.stages)
    alpha = await house.rest.get(f"/v1/images/{image.image_id}/files/alpha")
    assert encode.read_grey(alpha.content).shape == (40, 48)


async def test_every_change_of_state_leaves_one_event(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    rows = await house.rows(
        "SELECT kind, from_state, to_state FROM events WHERE job_id = %s AND image_id IS NOT NULL ORDER BY event_id",
        job.job_id,
    )
    assert rows == [
        ("received", "", "received"),
        ("run", "received", "processing"),
        ("finished", "processing", "approved"),
    ]
    assert await house.rows("SELECT actor, verdict FROM decisions") == [("gate", "approve")]


async def test_a_doubtful_image_waits_for_a_person_under_its_own_name(house: House) -> None:
    house.doubt()
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.needs_review == 1
    image = (await house.images(job.job_id))[0]
    assert [reason.code for reason in image.reasons] == ["ENCLOSED_HOLE_UNCERTAIN"]
    assert image.reasons[0].boxes[0].width == 3
    assert all("_needs-review" in file.file_name for file in image.files)


async def test_an_enlarged_pair_is_composed_again_as_doubtful(house: House) -> None:
    house.behaviour.scale = 2.0
    house.behaviour.numbers = lambda _sha256, numbers: setattr(numbers, "subjects", 2)
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    assert [reason.code for reason in image.reasons] == ["UPSCALED", "MULTIPLE_SUBJECTS"]
    assert all("_needs-review" in file.file_name for file in image.files)
    assert house.behaviour.calls["compose"] == 2


async def test_a_broken_rule_of_a_preset_waits_for_a_person_who_may_approve(house: House) -> None:
    rules = [
        pb.RuleResult(rule="fill", verdict="fail", measured="60%", limit=">= 85%", detail="The fill is 60%."),
        pb.RuleResult(rule="dpi", verdict="warn", detail="The resolution is 30 dpi."),
    ]
    house.behaviour.compliance = [pb.ComplianceReport(preset="amazon_main", verdict="fail", rules=rules)]
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    assert [(reason.code, reason.detail) for reason in image.reasons] == [("SPEC_FAIL:AMAZON_MAIN", "The fill is 60%.")]
    assert all("_needs-review" in file.file_name for file in image.files)
    assert house.behaviour.calls["compose"] == 2
    decision = review.DecideRequest(image_id=image.image_id, verdict=review.VERDICT_APPROVE, etag=image.etag)
    await house.review.Decide(decision)
    job = await house.ended(job.job_id)
    assert job.counts.approved == 1
    image = (await house.images(job.job_id))[0]
    assert all("_approved" in file.file_name for file in image.files)


async def test_a_warning_of_a_preset_stops_nobody(house: House) -> None:
    rules = [pb.RuleResult(rule="dpi", verdict="warn", detail="The resolution is 30 dpi.")]
    house.behaviour.compliance = [pb.ComplianceReport(preset="ebay", verdict="warn", rules=rules)]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.approved == 1
    assert house.behaviour.calls["compose"] == 1


async def test_a_bad_photo_fails_with_its_row_and_stops_nobody(house: House) -> None:
    good = await house.upload(1)
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=b"just text")
    bad = answer.json()["object"]["key"]
    images = [{"original_key": bad, "source_name": "BAD_1.jpg"}, {"original_key": good, "source_name": "TEE_1.png"}]
    made = await house.rest.post("/v1/jobs", json={"shop": "shop", "images": images})
    job = await house.ended(made.json()["job"]["job_id"])
    assert (job.counts.failed, job.counts.approved) == (1, 1)
    failed = (await house.images(job.job_id))[0]
    assert failed.error.reason == "UNSUPPORTED_FORMAT"
    assert not failed.error.retryable
    assert house.behaviour.calls["plate"] == 1


async def test_the_same_photos_again_redo_nothing(house: House) -> None:
    await house.ended((await house.job(1, 2)).job_id)
    before = dict(house.behaviour.calls)
    job = await house.ended((await house.job(1, 2)).job_id)
    assert dict(house.behaviour.calls) == before
    for image in await house.images(job.job_id):
        # The gate's sums take less than to look for their result.
        assert [run.stage for run in image.stages if not run.reused] == ["gate"]


async def test_equal_photos_in_one_job_are_computed_once_and_named_apart(house: House) -> None:
    job = await house.ended((await house.job(1, 1, 1)).job_id)
    assert [image.image_no for image in await house.images(job.job_id)] == ["1", "1-2", "1-3"]
    assert house.behaviour.calls["matte"] == 1
    # The composition carries the name, so each has its own.
    assert house.behaviour.calls["compose"] == 3


async def test_new_code_in_a_service_redoes_what_depends_on_it(house: House) -> None:
    await house.ended((await house.job(1)).job_id)
    house.behaviour.fingerprint = "test-2"
    job = await house.ended((await house.job(1)).job_id)
    reused = {run.stage: run.reused for run in (await house.images(job.job_id))[0].stages}
    assert reused["intake"]
    assert not (reused["plate"] or reused["segment"] or reused["matting"] or reused["compose"])


async def test_a_result_whose_objects_are_gone_is_made_again(house: House) -> None:
    first = await house.ended((await house.job(1)).job_id)
    cutout = next(file for file in (await house.images(first.job_id))[0].files if file.name == "cutout")
    house.store.delete(cutout.object.key)
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.approved == 1
    assert house.behaviour.calls["matte"] == 2
    assert house.store.exists(cutout.object.key)


async def test_bytes_that_are_not_what_the_key_says_are_refused(house: House) -> None:
    key = await house.upload(1)
    house.store.put(key, photo(2), "image/png")
    request = {"shop": "shop", "images": [{"original_key": key, "source_name": "A_1.png"}]}
    made = await house.rest.post("/v1/jobs", json=request)
    job = await house.ended(made.json()["job"]["job_id"])
    assert (await house.images(job.job_id))[0].error.reason == "TRUNCATED_FILE"
