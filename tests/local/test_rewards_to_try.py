"""The discount and the bonus in docs/local-city.md are a policy of the local city."""

import json

from eeum.policy.documents import canonical_document
from eeum.policy.reading import policy_of
from local import places
from local.seed import policies


def test_what_is_announced_to_be_tried_is_a_policy_in_which_each_layer_acts_when_it_says() -> None:
    own = json.loads((places.ROOT / "local" / "rewards_to_try.json").read_text(encoding="utf-8"))
    base = next(each for each in policies() if each["version"] == "incheon-2021-01-01")
    document = canonical_document({name: value for name, value in (base | own).items() if name != "rows"})

    policy = policy_of(document)

    acting = (policy.at_payment, policy.at_top_up, policy.after_payment)
    assert [[layer.id for layer in layers] for layers in acting] == [["till"], ["welcome-bonus"], ["base"]]
