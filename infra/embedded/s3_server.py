"""`python -m infra.embedded.s3_server FOLDER PORT`: moto's S3 on 127.0.0.1.

moto forgets everything when it ends. Here, FOLDER/objects/BUCKET has a file for each object, named by its key; it is
written before a PUT is answered, removed before a DELETE is, and given back to moto at the next start. FOLDER gets
`ready`, with the server's pid, once that is done.
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, run_wsgi_app
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# moto does not check a signature, but keeps objects from whoever shows none.
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=anlyt/20000101/us-east-1/s3/aws4_request"}


class Kept:
    """WSGI: an S3 server in memory, whose objects are files, too. Writes are one after another."""

    def __init__(self, app: "WSGIApplication", folder: Path) -> None:
        self._app, self._folder, self._memory = app, folder, Client(app)
        self._writing = Lock()

    def load(self) -> None:
        """Buckets and objects of the folder, into memory."""
        for bucket in self._folder.iterdir():
            _check(self._memory.put(f"/{bucket.name}", headers=SIGNED))
            for file in bucket.iterdir():
                if file.suffix == ".new":  # of a write that never ended, hence was never answered
                    file.unlink()
                else:
                    path = _path(bucket.name, unquote(file.name))
                    _check(self._memory.put(path, data=file.read_bytes(), headers=SIGNED))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in READING:
            return self._app(environ, start_response)
        with self._writing:
            bucket, keys = _touched(environ)
            chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
            if status.startswith("2"):
                for key in keys:
                    self._keep(bucket, key)
        return Response(chunks, status, headers)(environ, start_response)

    def _keep(self, bucket: str, key: str) -> None:
        """What memory has of an object, and the folder may not."""
        file = self._folder / bucket / quote(key, safe="")
        answer = self._memory.get(_path(bucket, key), headers=SIGNED)
        if answer.status_code == 404:
            file.unlink(missing_ok=True)
            return
        _check(answer)
        draft = file.with_name(f"{file.name}.new")
        with draft.open("wb") as opened:
            opened.write(answer.data)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)


def _touched(environ: "WSGIEnvironment") -> tuple[str, Sequence[str]]:
    """The bucket and the keys that a request may change; a part of an upload is no object yet."""
    request = Request(environ, populate_request=False)
    bucket, _, key = request.path.lstrip("/").partition("/")
    if "partNumber" in request.args or "uploads" in request.args:
        return bucket, ()
    if "delete" in request.args:
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        return bucket, list(_keys(body))
    return bucket, [key] if key else []


def _keys(body: bytes) -> Iterator[str]:
    """Of a DeleteObjects request."""
    for element in ElementTree.fromstring(body).iter():  # noqa: S314  # from clients of this machine
        if element.tag.rpartition("}")[2] == "Key":
            yield element.text or ""


def _path(bucket: str, key: str) -> str:
    return f"/{bucket}/{quote(key)}"


def _check(answer: Response) -> None:
    if answer.status_code != 200:
        raise RuntimeError(f"moto answered {answer.status}: {answer.get_data(as_text=True)}")


class _Quiet(WSGIRequestHandler):
    """Keeps no list of requests: signed links would be in it."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(folder: Path, port: int) -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    app = Kept(create_backend_app("s3"), folder / "objects")
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    app.load()
    (folder / "ready").write_text(str(os.getpid()))
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
