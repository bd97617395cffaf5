"""Threads that run before anybody needs them."""

import threading

from engine.threads import started_threads


def test_all_threads_run_before_the_first_piece_of_work():
    threads = started_threads(3, "early")
    try:
        names = {thread.name for thread in threading.enumerate() if thread.name.startswith("early")}
        assert names == {"early_0", "early_1", "early_2"}
        assert threads.submit(threading.current_thread).result(10).name in names
    finally:
        threads.shutdown()
