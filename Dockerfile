# Two stages: a wheel and its exact dependencies are installed by the first and run by the second.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_CONSTRAINT=/src/constraints.txt
RUN python -m venv /opt/gateway
COPY constraints.txt pyproject.toml README.md ./
COPY building building
COPY gateway gateway
RUN /opt/gateway/bin/pip install '.[otel]'

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home gateway
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 GATEWAY_HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', 8000)}/health/live\", timeout=2)"]
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["serve"]
