"""Signatures of requests to S3, against an example that Amazon publishes."""

from datetime import UTC, datetime

from infra.s3 import S3
from infra.s3_requests import Request, signed_headers

# The keys of "Signature Calculations for the Authorization Header" in the reference of Amazon S3.
KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
AT = datetime(2013, 5, 24, tzinfo=UTC)


def test_a_published_example() -> None:
    s3 = S3("https://examplebucket.s3.amazonaws.com", "", *KEYS)
    headers = signed_headers(s3, Request("GET", "https://examplebucket.s3.amazonaws.com/?lifecycle", {}, b""), AT)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )
