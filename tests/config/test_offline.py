import pytest

from mmrag.config.offline import is_offline


@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
@pytest.mark.parametrize("name", ["MMRAG_OFFLINE", "HF_HUB_OFFLINE"])
def test_the_environment_forbids_the_network(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(each, raising=False)
    assert not is_offline()
    monkeypatch.setenv(name, "0")
    assert not is_offline()
    monkeypatch.setenv(name, value)
    assert is_offline()
