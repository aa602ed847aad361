# Two stages: a wheel and its exact dependencies are installed by the first and run by the second.
# Both begin with a tag; whoever builds for good names its digest: --build-arg PYTHON=python:3.13-slim@sha256:…
ARG PYTHON=python:3.13-slim
FROM ${PYTHON} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/gateway
COPY constraints.txt requirements.txt requirements-dev.txt ./
RUN /opt/gateway/bin/pip install --no-deps --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY building building
COPY gateway gateway
# What builds it is pinned too: with its hashes for pip 25.3 and later, by its version for older ones.
ENV PIP_BUILD_CONSTRAINT=/src/requirements-dev.txt PIP_CONSTRAINT=/src/constraints.txt
RUN /opt/gateway/bin/pip install --no-deps .

FROM ${PYTHON}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="customer-kpi-gateway" \
  org.opencontainers.image.description="A GraphQL gateway over a customer-KPI REST service" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
RUN useradd --system --uid 10001 --no-create-home gateway
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 GATEWAY_HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', 8000)}/health/live\", timeout=2)"]
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["serve"]
