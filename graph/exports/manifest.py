"""The objects that are written last: the manifest and its signature. If the manifest exists, all files do."""

from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta, Struct

from graph.exports.keys import Signer
from graph.exports.objects import Objects

NAME: Final = "manifest.json"
SIGNATURE: Final = f"{NAME}.sig"  # the signature of the manifest's bytes, 64 bytes


class ManifestLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """Links to the manifest and to its signature."""

    url: str
    signature_url: Annotated[
        str, Meta(description="Link to the signature: 64 bytes, Ed25519, by the manifest's `keyId`.")
    ]


async def publish(objects: Objects, export: str, content: bytes, signer: Signer) -> str:
    """Writes the signature, then the manifest. Returns the manifest's SHA-256 in hexadecimal."""
    await objects.put(f"{export}/{SIGNATURE}", signer.sign(content))
    await objects.put(f"{export}/{NAME}", content)
    return sha256(content).hexdigest()


async def manifest_link(objects: Objects, export: str) -> ManifestLink:
    """Links to a published manifest."""
    return ManifestLink(
        url=await objects.link(f"{export}/{NAME}"), signature_url=await objects.link(f"{export}/{SIGNATURE}")
    )
