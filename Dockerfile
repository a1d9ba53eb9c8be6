# bgp2vpc in a container, for hosts that are run that way: `docker build -t bgp2vpc:0.1.0 .`, and then
# examples/docker/compose.yaml. It belongs in the host's network: it looks after the host's services and speaks to the host's instance metadata.

FROM python:3.12.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE ./
COPY bgp2vpc ./bgp2vpc
RUN python3 -m venv /opt/bgp2vpc \
    && /opt/bgp2vpc/bin/pip install --no-cache-dir --no-compile . \
    && /opt/bgp2vpc/bin/pip uninstall --yes pip \
    && /opt/bgp2vpc/bin/python3 -I -c 'from bgp2vpc.vpc.aws.slim_model import ship; ship()' \
    && /opt/bgp2vpc/bin/python3 -m compileall -q /opt/bgp2vpc/lib

FROM python:3.12.11-slim-bookworm
COPY --from=build /opt/bgp2vpc /opt/bgp2vpc
# A number, so that an orchestrator can see that it is not root.
RUN groupadd --system --gid 10179 bgp2vpc \
    && useradd --system --uid 10179 --gid 10179 --no-create-home --home-dir /nonexistent bgp2vpc \
    && install -d -o 10179 -g 10179 -m 0750 /run/bgp2vpc /var/lib/bgp2vpc
ENV PATH=/opt/bgp2vpc/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIRECTORY=/var/lib/bgp2vpc
USER 10179:10179
# Well as soon as the daemon answers, also while EC2 does not: a new container would not reach it either.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["bgp2vpc", "status", "--json"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bgp2vpc"]
CMD ["run", "-f", "/etc/bgp2vpc.yaml"]
