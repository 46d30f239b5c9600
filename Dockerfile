# One image a program: `docker build --target node .` and `--target dashboard`. Packages come first and alone, so that
# a change of code rebuilds in seconds.
FROM python:3.13-slim AS packages
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: --target /packages -r requirements.txt

FROM python:3.13-slim AS program
ENV PYTHONPATH=/packages PYTHONUNBUFFERED=1 BIND_HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /packages /packages
COPY succession succession
COPY serving serving
RUN python -m compileall -q --invalidation-mode unchecked-hash succession serving
USER 10001:10001
# Healthy once the program is ready: a node in line, a dashboard that has read the registry.
HEALTHCHECK --interval=2s --timeout=3s --retries=5 --start-period=30s CMD ["python", "-m", "serving.ready"]

FROM program AS node
COPY cluster_node cluster_node
CMD ["python", "-m", "cluster_node"]

FROM program AS dashboard
COPY dashboard dashboard
COPY static static
CMD ["python", "-m", "dashboard"]
