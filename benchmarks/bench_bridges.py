"""What a bridged leg costs beside the bare kernel: ``python -m benchmarks.bench_bridges [legs] [rounds]``."""

from benchmarks.media_legs import number, report


def main():
    report("bridge", legs=number(1, 100), room=2, rounds=number(2, 5), goal=1.25)


if __name__ == "__main__":
    main()
