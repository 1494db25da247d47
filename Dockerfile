# Talkreel in a container: the README's install steps, a user without rights, one volume for everything it keeps.
FROM python:3.13-slim

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TALKREEL_DATA_DIR=/data \
    TALKREEL_HTTP_HOST=0.0.0.0

RUN useradd --create-home --uid 10001 talkreel \
    && install --directory --owner=talkreel --group=talkreel --mode=0700 /data

WORKDIR /opt/talkreel
COPY pyproject.toml README.md LICENSE THIRD_PARTY.md ./
COPY bot bot
COPY providers providers
RUN python3 -m venv .venv && .venv/bin/pip install '.[voice]'

USER talkreel
VOLUME /data
EXPOSE 8420
HEALTHCHECK --interval=5m --timeout=60s --start-period=30s CMD ["/opt/talkreel/.venv/bin/talkreel", "doctor"]
ENTRYPOINT ["/opt/talkreel/.venv/bin/talkreel"]
CMD ["--help"]
