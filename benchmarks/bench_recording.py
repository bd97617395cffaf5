"""What a leg costs that is bridged and recorded to a file of its own, beside the bare kernel.

``python -m benchmarks.bench_recording [legs] [rounds]``.
"""

from benchmarks.media_legs import number, report


def main():
    report("recorded", legs=number(1, 100), room=2, rounds=number(2, 5), goal=1.6, work="record")


if __name__ == "__main__":
    main()
