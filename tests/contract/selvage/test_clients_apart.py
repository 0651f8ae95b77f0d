"""Both Python clients where the server is guarded, speaks TLS, has a store of its own or makes one cut-out at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.access.errors import KeyMissing, KeyRefused
from gateway.access.settings import AccessSettings
from gateway.errors import FieldsInvalid
from selvage.errors import ServerUnreachable
from services.kit.pictures import encode
from services.kit.rpc import TlsSettings
from services.kit.store import ObjectStore, open_store
from tests.parts.certificates import Authority
from tests.parts.clients import FACES, speaking
from tests.parts.house import House, photo
from tests.parts.minio import Minio

ADMIN = f"selvage_root_{'s' * 32}"


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def talk(face: str, url: str, scenario: Callable[[Any], Any], **options: Any) -> Any:
    def inside() -> Any:
        with speaking(face, url, **options) as client:
            return scenario(client)

    return await asyncio.to_thread(inside)


async def test_a_key_opens_and_its_absence_is_told(face: str, make_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    access = AccessSettings(keys="required", admin_key=SecretStr(ADMIN))
    house: House = await make_house(start_with={"access": access})
    url = f"http://{house.gateway.rest_address}"
    monkeypatch.delenv("SELVAGE_API_KEY", raising=False)
    with pytest.raises(KeyMissing):
        await talk(face, url, lambda client: list(client.jobs()))
    with pytest.raises(KeyRefused):
        await talk(face, url, lambda client: list(client.jobs()), api_key=ADMIN[:-1] + "x")
    assert await talk(face, url, lambda client: client.upload(photo(1), shop="shop").size_bytes, api_key=ADMIN) > 0
    monkeypatch.setenv("SELVAGE_API_KEY", ADMIN)
    assert await talk(face, url, lambda client: list(client.jobs())) == []
    with pytest.raises(KeyMissing):
        await talk(face, url, lambda client: list(client.jobs()), api_key="")


async def test_tls_in_both_directions(face: str, make_house: Any, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, client = authority.issue("server"), authority.issue("client")
    tls = TlsSettings(certificate=server.certificate, key=server.key, client_ca=authority.ca)
    house: House = await make_house(start_with={"tls": tls})
    url = f"https://{house.gateway.rest_address}"
    pair = (client.certificate, client.key)

    def jobs(client: Any) -> list[Any]:
        return list(client.jobs())

    assert await talk(face, url, jobs, verify=authority.ca, cert=pair) == []
    for wrong in ({"cert": pair}, {"verify": authority.ca}):
        with pytest.raises(ServerUnreachable):
            await talk(face, url, jobs, retries=0, **wrong)


async def test_a_cutout_comes_at_once(face: str, house: House, tmp_path: Path) -> None:
    path = tmp_path / "TEE-1_1.png"
    path.write_bytes(photo(1))

    def scenario(client: Any) -> None:
        made = client.cutout(path, shop="shop", format="png", crop=False)
        rgba = encode.read_rgba(made.data)
        assert (made.media_type, made.state, made.reasons) == ("image/png", "approved", ())
        assert (made.width, made.height) == rgba.shape[1::-1]
        assert 0 <= made.uncertainty < 0.5
        assert client.image(made.image_id).job_id == made.job_id
        assert client.cutout(path, shop="shop", format="webp").replayed  # no key: the server knows it again
        named = [client.cutout(photo(2), shop="shop", request_id="one") for _ in range(2)]
        assert [(one.image_id, one.replayed) for one in named] == [
            (named[0].image_id, False),
            (named[0].image_id, True),
        ]
        with pytest.raises(FieldsInvalid, match="format"):
            client.cutout(path, format="gif")

    await talk(face, f"http://{house.gateway.rest_address}", scenario)


@pytest.mark.minio
class TestWithAStoreOfItsOwn:
    @pytest.fixture
    def store(self, minio: Minio) -> Iterator[ObjectStore]:
        """The bucket all tests share, empty."""
        opened = open_store(minio.settings())
        yield opened
        for found in list(opened.list("")):
            opened.delete(found.key)

    async def test_photos_go_straight_into_the_store(self, face: str, house: House) -> None:
        url = f"http://{house.gateway.rest_address}"
        direct = await talk(face, url, lambda client: client.upload(photo(1), shop="shop", media_type="image/png"))
        assert await house.rows("SELECT key FROM pending_uploads") == [(direct.key,)]
        through = await talk(face, url, lambda client: client.upload(photo(1), shop="shop"), direct=False)
        assert direct == through
        assert house.store.get(direct.key) == photo(1)
