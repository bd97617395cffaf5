"""Two carriers that stand in for each other: the first of the trunks, and the next that takes the same."""

from __future__ import annotations

from dataclasses import dataclass

from engine.exchange.trunks import Trunk, TrunkDirectory


@dataclass(frozen=True)
class OutboundPair:
    """The trunks of the shortest prefix: what no other knows more of goes through them."""

    primary: Trunk
    fallback: Trunk | None
    """None where one alone takes that prefix."""
    active: Trunk
    """The one that is tried first now."""

    @classmethod
    def of(cls, directory: TrunkDirectory) -> OutboundPair | None:
        """Return the pair; None where no trunk takes any number."""
        prefixes = [prefix for trunk in directory.trunks for prefix in trunk.prefixes]
        if not prefixes:
            return None
        # The first of several that are as short.
        widest = min(prefixes, key=len)
        pair = [trunk for trunk in directory.trunks if widest in trunk.prefixes][:2]
        order = sorted(
            pair, key=lambda trunk: (not directory.is_up(trunk.name), trunk.name != directory.preferred)
        )
        return cls(pair[0], pair[1] if len(pair) > 1 else None, order[0])

    def other(self, preferred: str) -> Trunk:
        """Return the one that is to be tried first when the order is turned round."""
        assert self.fallback is not None, "one alone has no order"
        return self.primary if preferred == self.fallback.name else self.fallback
