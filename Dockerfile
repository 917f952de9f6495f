# syntax=docker/dockerfile:1
# Pinthread for a server: everything it keeps is in the one volume /data, config.yaml too.
#
#   docker build -t pinthread .
#   docker run --read-only --init -v pinthread:/data -p 127.0.0.1:8080:8080 pinthread
#
# config.yaml needs `web: {listen: "0.0.0.0:8080"}` to be reached from outside the container.

FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.txt /requirements.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        -r /requirements.txt

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 pinthread \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data pinthread \
    && install --directory --owner 10001 --group 10001 --mode 700 /data
COPY --from=packages /venv /venv
COPY adapters /app/adapters
COPY bridge /app/bridge
COPY core /app/core
COPY sandbox /app/sandbox
COPY simulation /app/simulation
COPY web /app/web
RUN /venv/bin/python -m compileall -q /app
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PINTHREAD_HEALTH=http://127.0.0.1:8080/healthz
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(os.environ['PINTHREAD_HEALTH'], timeout=4)"]
ENTRYPOINT ["python", "-m", "bridge"]
CMD ["run", "--config", "/data/config.yaml", "--data", "/data"]
