# syntax=docker/dockerfile:1
# Two stages: wheels are installed where a compiler may be needed, the final image carries no build tools.

FROM python:3.12-slim-bookworm AS build
# On x86-64 name the index with PyTorch's CPU builds (see pytorch.org, "Get started"); else pip's default brings several
# GB of GPU libraries: docker build --build-arg TORCH_INDEX=... .
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/kyoso
WORKDIR /src
COPY constraints.txt pyproject.toml LICENSE README.md ./
RUN /opt/kyoso/bin/pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -c constraints.txt torch
COPY bot bot
COPY indexer indexer
RUN /opt/kyoso/bin/pip install -c constraints.txt '.[postgres]' \
    && /opt/kyoso/bin/pip uninstall --yes kyoso pip

FROM python:3.12-slim-bookworm
RUN useradd --system --create-home --uid 10001 kyoso \
    && install --directory --owner kyoso --group kyoso /data
COPY --from=build /opt/kyoso /opt/kyoso
WORKDIR /app
COPY bot bot
COPY indexer indexer
COPY migrations migrations
COPY data data
COPY channel_map.yaml LICENSE ./
RUN printf '#!/bin/sh\nexec /opt/kyoso/bin/python -m bot "$@"\n' > /usr/local/bin/kyoso && chmod 755 /usr/local/bin/kyoso
# The code is run from /app, where data/ and migrations/ stand beside it.
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 \
    KYOSO_DATA_DIR=/data KYOSO_HTTP_HOST=127.0.0.1 KYOSO_HTTP_PORT=8765
USER kyoso
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/kyoso/bin/python", "-c", "import os,urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['KYOSO_HTTP_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["kyoso"]
CMD ["serve"]
