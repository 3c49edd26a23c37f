from tests.tiny.fixtures import no_network, tiny

__all__ = ["no_network", "tiny"]
