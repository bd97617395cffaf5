"""What a prompt leg costs beside the bare kernel: ``python -m benchmarks.bench_prompts [legs] [rounds]``."""

from benchmarks.media_legs import number, report


def main():
    report("prompt", legs=number(1, 100), room=1, rounds=number(2, 5), goal=1.25)


if __name__ == "__main__":
    main()
