"""The 77 things EC2 does that a daemon of route tables depends on, each a question with a yes or a no.

`python -m tests.cloud.ec2_battery http://127.0.0.1:5000` asks them of any endpoint.
"""

from tests.cloud.ec2_battery import (
    blackhole,
    change,
    create,
    interfaces,
    lists_and_transit_gateways,
    reading,
)
from tests.cloud.ec2_battery.question import Question

SUBJECTS = (create, change, blackhole, reading, interfaces, lists_and_transit_gateways)
QUESTIONS: tuple[Question, ...] = tuple(asked for subject in SUBJECTS for asked in Question.of(subject.__name__))
