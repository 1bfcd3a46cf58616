"""The audit listener with certificates of OpenBao's PKI: its own, its clients', their renewal and revocation."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from infra.embedded.certificates import CLIENT
from infra.tls import TlsFiles
from tests.graph.support.problems import check_problem
from tests.support.openbao import OpenBao, agent, openbao, until_file
from tests.support.regulator import audit_listener, query, write
from tests.support.secured_stores import pod

pytestmark = pytest.mark.anyio

KEYS: Final = ("audit-tls-cert", "audit-tls-key", "audit-client-ca")
AUDIT: Final = {key: text for key, text in pod("anlyt-audit-api").templates.items() if key in KEYS}


async def make_authority(bao: OpenBao) -> str:
    """Makes an authority with roles for the listener and the portal. Returns its certificate."""
    await bao.write("sys/mounts/pki", type="pki")
    root = await bao.write("pki/root/generate/internal", common_name="anlyt's authority", ttl="24h", key_type="ec")
    common = {"allow_bare_domains": True, "key_type": "ec", "ttl": "1h"}
    await bao.write("pki/roles/listener", allowed_domains=["localhost"], client_flag=False, **common)
    await bao.write("pki/roles/portal", allowed_domains=[CLIENT], server_flag=False, **common)
    certificate: str = root["certificate"]
    return certificate


async def serve(bao: OpenBao, authority: str) -> Mapping[str, str]:
    """Puts a new certificate of the listener into the chart's secret. Returns the secret."""
    issued = await bao.write("pki/issue/listener", common_name="localhost")
    secrets = dict(zip(KEYS, (issued["certificate"], issued["private_key"], authority), strict=True))
    await bao.keep(secrets)
    return secrets


async def portal(bao: OpenBao, folder: Path, authority: str) -> tuple[ssl.SSLContext, str]:
    """A client with a new certificate of the portal, and the certificate's serial number."""
    issued: Mapping[str, Any] = await bao.write("pki/issue/portal", common_name=CLIENT)
    file = folder / f"{issued['serial_number']}.pem"
    file.write_text(f"{issued['private_key']}\n{issued['certificate']}")
    context = ssl.create_default_context(cadata=authority)
    context.load_cert_chain(file)
    return context, issued["serial_number"]


async def check_answered(url: str, context: ssl.SSLContext) -> None:
    """Checks that a client is let in: an empty query is invalid, not forbidden."""
    check_problem(await query(url, context, {}), 400, "INVALID_QUERY")


async def test_certificates_of_openbao(tmp_path: Path) -> None:
    async with openbao(tmp_path / "bao") as bao:
        authority = await make_authority(bao)
        await serve(bao, authority)
        async with agent(tmp_path / "agent", bao, AUDIT) as folder:
            lists = tmp_path / "lists.pem"
            write(lists, (await bao.read("pki/crl/pem")).encode())
            certificate, key, clients = (folder / name for name in KEYS)
            files = TlsFiles(certificate, key, clients, lists)
            async with audit_listener(files) as url:
                first, serial = await portal(bao, tmp_path, authority)
                second, _ = await portal(bao, tmp_path, authority)
                await check_answered(url, first)

                before = await served(url, first)
                for name, text in (await serve(bao, authority)).items():
                    await until_file(folder / name, text)
                assert await served(url, first) != before
                await check_answered(url, first)

                await bao.write("pki/revoke", serial_number=serial)
                write(lists, (await bao.read("pki/crl/pem")).encode())
                with pytest.raises(httpx.TransportError):
                    await query(url, first, {})
                await check_answered(url, second)


async def served(url: str, context: ssl.SSLContext) -> bytes:
    """The listener's certificate."""
    address = httpx.URL(url)
    _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return certificate
