"""Prompts: sounds that lie in Python's memory, played by a leg to its party or by a room to everybody.

Both have a record with the same fields for what they play.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import copy_octets, hot
from media.plane.legs import Array, Integer, Lane, LegRow, PlayerRow


@hot
def begin_prompt(player: LegRow | PlayerRow, command: Array) -> None:
    """Begin a prompt: number, address, samples, loops, address of its bands or 0."""
    player.prompt = command[c.ARGUMENTS]
    player.prompt_address = command[c.ARGUMENTS + 1]
    player.prompt_samples = command[c.ARGUMENTS + 2]
    player.prompt_loops = command[c.ARGUMENTS + 3]
    player.prompt_bands = command[c.ARGUMENTS + 4]
    player.prompt_position = 0
    player.prompt_ended = 0


@hot
def _copy_bands(lane: Lane, player: LegRow | PlayerRow, at: Integer, samples: Integer) -> None:
    memory = lane.said_bands.ctypes.data
    for band in range(2):
        source = player.prompt_bands + 2 * (player.prompt_samples * band + player.prompt_position)
        copy_octets(memory + 2 * (c.FRAME * band + at), source, 2 * samples)


@hot
def say_prompt(lane: Lane, player: LegRow | PlayerRow, wide: Integer) -> Integer:
    """Copy the prompt's next samples to ``lane.spoken``; return how many there were.

    To whom is ``wide``, both bands as well, where the prompt has them: ``lane.banded`` tells.
    """
    memory = lane.spoken.ctypes.data
    lane.banded = np.int64(player.prompt_bands != 0) if wide else np.int64(0)
    said = np.int64(0)
    while said < c.FRAME:
        samples = min(c.FRAME - said, player.prompt_samples - player.prompt_position)
        copy_octets(memory + 2 * said, player.prompt_address + 2 * player.prompt_position, 2 * samples)
        if lane.banded:
            _copy_bands(lane, player, said, samples)
        said += samples
        player.prompt_position += samples
        if player.prompt_position < player.prompt_samples:
            break
        player.prompt_position = 0
        if player.prompt_loops == 1:
            player.prompt_ended = 1
            break
        player.prompt_loops -= player.prompt_loops > 0
    return said
