"""The questions are put under both settings of what AWS leaves open."""

import pytest
from ground import Ground

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Quirks

SETTINGS = {
    "strict": Quirks(stopped_is_blackhole=True, create_same_route_succeeds=False),
    "lenient": Quirks(stopped_is_blackhole=False, create_same_route_succeeds=True),
}


@pytest.fixture(scope="module", params=SETTINGS)
def quirks(request: pytest.FixtureRequest) -> Quirks:
    return SETTINGS[request.param]


@pytest.fixture(scope="module")
def ground(cloud: Cloud, quirks: Quirks) -> Ground:
    """One ground for all questions of a file; each question makes a table of its own."""
    cloud.reset()
    cloud.quirks(quirks)
    return Ground(cloud.ec2)
