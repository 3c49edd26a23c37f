from tests.tiny.fixtures import no_network, on_the_cpu_offline, tiny

__all__ = ["no_network", "on_the_cpu_offline", "tiny"]
