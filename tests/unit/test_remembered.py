"""What follows from unchanged data is worked out once, and data that is large is not kept."""

from succession.remembered import remembered


def test_what_is_small_is_worked_out_once_and_what_is_large_each_time() -> None:
    asked: list[int] = []

    @remembered
    def size_of(data: bytes) -> int:
        asked.append(len(data))
        return len(data)

    small, large = b"a" * 4096, b"a" * 4097
    assert [4096, 4096, 4097, 4097] == [size_of(data) for data in (small, small, large, large)]
    assert [4096, 4097, 4097] == asked
