FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/callweave
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_PYTHON=/opt/callweave/bin/python
COPY config/requirements.txt config/
RUN pip install --require-hashes --requirement config/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin callweave \
    && install --directory --owner=callweave --mode=0700 /var/lib/callweave
COPY --from=build /opt/callweave /opt/callweave
WORKDIR /srv/callweave
COPY wsgi.py ./
COPY config/gunicorn.py config/
ENV PATH=/opt/callweave/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CALLWEAVE_HOST=0.0.0.0 \
    CALLWEAVE_DATA_DIR=/var/lib/callweave
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/healthz', timeout=2)"]
CMD ["callweave", "serve"]
