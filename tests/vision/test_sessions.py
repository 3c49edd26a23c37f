import os
import subprocess
import sys
import textwrap

import pytest

from mmrag.vision.sessions import threads_given


@pytest.mark.parametrize(("said", "found"), [("3", 3), ("0", 7), ("", 7), ("many", 7)])
def test_threads_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch, said: str, found: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads_given(7) == found


def threads_of_a_session(environment: dict[str, str], options: str) -> str:
    code = f"""
        from mmrag.vision.ocr.session import models_folder
        from mmrag.vision.sessions import limit_other_sessions
        limit_other_sessions()
        limit_other_sessions()
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = {options}
        model = str(models_folder() / "PP-OCRv6_det_small.onnx")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        print(session.get_session_options().intra_op_num_threads)
    """
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "options", "threads"),
    [({"OMP_NUM_THREADS": "3"}, "0", "3"), ({"OMP_NUM_THREADS": "3"}, "2", "2"), ({}, "0", "0")],
)
def test_sessions_of_others_are_held(environment: dict[str, str], options: str, threads: str) -> None:
    assert threads_of_a_session(environment, options) == threads
