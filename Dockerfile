# bgp2vpc in a container, for hosts that are run that way (docs/container.md): `docker build -t bgp2vpc:1.0.0 .`, and then
# examples/docker/compose.yaml or examples/kubernetes/daemonset.yaml. It belongs in the host's network: it looks after
# the host's services and speaks to the host's instance metadata.

FROM python:3.12.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE ./
COPY bgp2vpc ./bgp2vpc
# Of botocore's 400 services the daemon talks to EC2, and to those that hand out credentials. The demo needs moto.
RUN python3 -m venv /opt/bgp2vpc \
    && /opt/bgp2vpc/bin/pip install --no-cache-dir --no-compile . \
    && /opt/bgp2vpc/bin/pip uninstall --yes pip \
    && find /opt/bgp2vpc/lib/python3.*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name ec2 ! -name sts ! -name sso ! -name sso-oidc ! -name signin -exec rm -r {} + \
    && rm -r /opt/bgp2vpc/lib/python3.*/site-packages/bgp2vpc/demo \
    && /opt/bgp2vpc/bin/python3 -I -c 'from bgp2vpc.vpc.aws.slim_model import ship; ship()' \
    && /opt/bgp2vpc/bin/python3 -m compileall -q /opt/bgp2vpc/lib

FROM python:3.12.11-slim-bookworm
LABEL org.opencontainers.image.title="bgp2vpc" \
      org.opencontainers.image.description="Keeps AWS VPC route tables in step with ExaBGP announcements" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.authors="The bgp2vpc authors" \
      org.opencontainers.image.base.name="docker.io/library/python:3.12.11-slim-bookworm"
COPY --from=build /opt/bgp2vpc /opt/bgp2vpc
# A number, so that an orchestrator can see that it is not root. The directories are for a volume each: the root file
# system may be read-only.
RUN groupadd --gid 10179 bgp2vpc \
    && useradd --uid 10179 --gid 10179 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bgp2vpc \
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
