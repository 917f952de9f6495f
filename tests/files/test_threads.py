"""Work in threads comes back to whoever awaits it, in every way in which it can end."""

import asyncio
from threading import Event, current_thread, get_ident

import pytest

from bridge.files.threads import Threads

here = get_ident()


async def test_work_runs_in_another_thread_and_its_result_comes_back() -> None:
    threads = Threads(1, "work")
    assert await threads.begin(lambda: (get_ident() != here, current_thread().name)) == (
        True,
        "work_0",
    )
    await threads.stop()


async def test_what_work_raises_is_raised_where_it_is_awaited() -> None:
    threads = Threads(1, "work")
    with pytest.raises(ZeroDivisionError):
        await threads.begin(lambda: 1 // 0)
    assert await threads.begin(lambda: "and goes on") == "and goes on"
    await threads.stop()


async def test_work_that_is_cancelled_in_time_never_begins() -> None:
    threads, gate = Threads(1, "work"), Event()
    done: list[str] = []
    first = threads.begin(gate.wait)
    second = threads.begin(lambda: done.append("second"))
    threads.afterwards(lambda: done.append("third"))
    second.cancel()
    gate.set()
    await first
    await threads.stop()
    assert done == ["third"]


async def test_work_whose_awaiting_is_cancelled_ends_and_disturbs_nobody() -> None:
    threads, begun, gate = Threads(1, "work"), Event(), Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        gate.wait()
        done.append("work")

    future = threads.begin(work)
    await asyncio.to_thread(begun.wait)
    future.cancel()
    gate.set()
    await threads.stop()
    assert done == ["work"]
    assert future.cancelled()


async def test_after_a_stop_nothing_begins_but_what_is_left_is_done() -> None:
    threads = Threads(2, "work")
    done: list[str] = []
    threads.afterwards(lambda: done.append("before"))
    await threads.stop()
    threads.afterwards(lambda: done.append("after"))
    with pytest.raises(RuntimeError):
        threads.begin(lambda: None)
    assert done == ["before", "after"]


async def test_what_fails_afterwards_is_logged_and_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails() -> None:
        raise OSError("the disk is full")

    threads = Threads(1, "work")
    threads.afterwards(fails)
    async with asyncio.timeout(10):
        assert await threads.begin(lambda: "goes on") == "goes on"
        await threads.stop()
    threads.afterwards(fails)
    assert [record.message for record in caplog.records] == ["file_work_failed"] * 2
