"""How much of which price a resource uses in a month, by type; importing the package registers all of them."""

from costs.services import compute, edge, guard, messages, model, network, stores, watch

__all__ = ["compute", "edge", "guard", "messages", "model", "network", "stores", "watch"]
