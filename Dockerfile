# Two stages: the first installs from hashed requirements, the second only runs.
FROM python:3.11.14-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /src
RUN uv venv /opt/orderloom
COPY requirements/base.txt requirements/
RUN uv pip sync --python /opt/orderloom/bin/python --require-hashes requirements/base.txt
COPY pyproject.toml README.md ./
COPY domain domain
COPY ports ports
COPY workflows workflows
COPY activities activities
COPY adapters adapters
COPY api api
COPY web web
COPY orderloom orderloom
RUN uv pip install --python /opt/orderloom/bin/python --no-deps .

FROM python:3.11.14-slim-bookworm
RUN python -m pip uninstall --yes pip setuptools wheel \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin orderloom \
    && install --directory --owner orderloom /journals /settlements
COPY --from=build /opt/orderloom /opt/orderloom
WORKDIR /app
COPY simulators simulators
ENV PATH=/opt/orderloom/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER orderloom
ENTRYPOINT ["orderloom"]
CMD ["--help"]
