# One image for the server, the workers and every command. It contains no settings: they are environment variables or files in
# /run/secrets (docs/operations.md).
FROM python:3.11-slim-bookworm AS environment

WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/environment \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements.txt

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin evaluation \
    && install --directory --owner evaluation --group evaluation --mode 0700 /data

WORKDIR /app
COPY --from=environment /opt/environment /opt/environment
COPY app.py gunicorn.conf.py ./
COPY evaluation evaluation
COPY forms forms
COPY static static
COPY templates templates

# The root file system may be read-only: only /data, and /tmp for drafts, are written to.
ENV PATH=/opt/environment/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    MALLOC_ARENA_MAX=1 \
    MALLOC_TRIM_THRESHOLD_=1000000000 \
    MALLOC_MMAP_THRESHOLD_=1000000000 \
    APP_ENV=production \
    INSTANCE=/data \
    BIND=0.0.0.0:8000

# evaluation, by its number: a host that refuses root checks it.
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
